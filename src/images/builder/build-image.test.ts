import assert from "node:assert/strict"
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { listing, withBuilds } from "./testing/build-fixture.ts"

const asRoot = { skip: process.getuid?.() === 0 ? false : "mounting layers needs root" }

test("only the stages that the target needs are built", asRoot, () =>
  withBuilds(async ({ put, build, store }) => {
    put("f", "1")
    const text = `FROM scratch AS broken
COPY missing /
FROM scratch AS files
COPY f /f
FROM files AS two
COPY <<EOT /g
2
EOT
FROM scratch AS last
COPY --from=two /g /g
`
    const last = await build(text)
    assert.deepEqual(await last.files((root) => listing(root)), ["g 644 0:0 2"])
    const two = await build(text, { target: "TWO", tags: ["other:1", "localhost:5000/x/y"] })
    assert.deepEqual(await two.files((root) => listing(root)), ["f 644 0:0 1", "g 644 0:0 2"])
    assert.equal(await store.resolve("localhost:5000/x/y"), two.id)
    await assert.rejects(
      build(text, { target: "none" }),
      /found no stage "none", expected one of broken, files, two, last/,
    )
  }),
)

test("what was built is a base, by name and by id, and its history goes on", asRoot, () =>
  withBuilds(async ({ put, build, store }) => {
    put("f", "1")
    const base = await build("FROM scratch\nMAINTAINER me\nCOPY f /f\nENV a=1", { tags: ["mine/base:3"] })
    const child = await build("FROM mine/base:3\nENV b=2", { tags: ["child"] })
    assert.deepEqual(child.config.config?.Env, ["a=1", "b=2"])
    assert.equal(child.config.author, "me")
    assert.deepEqual(
      child.config.history?.map((entry) => [entry.created_by, entry.empty_layer ?? false]),
      [
        ["MAINTAINER me", true],
        ["COPY f /f", false],
        ["ENV a=1", true],
        ["ENV b=2", true],
      ],
    )
    assert.deepEqual(child.diffIds, base.diffIds)
    const again = await build(`FROM ${base.id}\nCOPY --from=mine/base:3 /f /g`, { tags: ["again"] })
    assert.deepEqual(await again.files((root) => listing(root)), ["f 644 0:0 1", "g 644 0:0 1"])
    assert.equal((await store.status("child"))?.id, child.id)
  }),
)

test("an instruction runs anew exactly when its inputs changed", asRoot, () =>
  withBuilds(async ({ dir, put, build }) => {
    put("a", "1")
    put("b", "1")
    const text = "FROM scratch\nCOPY a /x/\nCOPY b /x/\nWORKDIR /w"
    const first = await build(text)
    assert.deepEqual(first.cached, [])
    const second = await build(text)
    assert.equal(second.id, first.id)
    assert.deepEqual(second.cached, ["COPY a /x/", "COPY b /x/", "WORKDIR /w"])
    utimesSync(join(dir, "context/a"), 1, 1)
    assert.equal((await build(text)).id, first.id, "another time is the same file")
    put("b", "2")
    const third = await build(text)
    assert.deepEqual(third.cached, ["COPY a /x/"])
    assert.equal(await third.files((root) => readFileSync(join(root, "x/b"), "utf8")), "2")
    assert.deepEqual((await build(text, { noCache: true })).cached, [])
  }),
)

test("a copy from a stage is only repeated when what it copies changed", asRoot, () =>
  withBuilds(async ({ put, build }) => {
    put("wanted", "1")
    put("other", "1")
    const text = "FROM scratch AS s\nCOPY . /\nFROM scratch\nCOPY --from=s /wanted /"
    const first = await build(text)
    put("other", "2")
    const second = await build(text)
    assert.deepEqual(second.cached, ["COPY --from=s /wanted /"])
    assert.equal(second.id, first.id)
  }),
)

test("a linked copy does not depend on what is below", asRoot, () =>
  withBuilds(async ({ put, build }) => {
    put("a", "1")
    put("b", "1")
    const text = "FROM scratch\nCOPY a /x/\nCOPY --link b /y/"
    await build(text)
    put("a", "2")
    assert.deepEqual((await build(text)).cached, ["COPY --link b /y/"])
  }),
)

test("the same inputs give the same layers; SOURCE_DATE_EPOCH the same image", asRoot, async () => {
  const results: (readonly string[])[] = []
  for (let time = 0; time < 2; time++) {
    await withBuilds(async ({ put, dir, build }) => {
      put("d/f", "1")
      const text = "FROM scratch\nWORKDIR /w/v\nCOPY d .\nCOPY <<EOT z/\n2\nEOT"
      utimesSync(join(dir, "context/d/f"), 1_000_000, 1_000_000)
      const plain = await build(text)
      utimesSync(join(dir, "context/d/f"), 2_000_000 + time, 2_000_000 + time)
      const epoch = await build(text, { buildArgs: new Map([["SOURCE_DATE_EPOCH", "1500000"]]), noCache: true })
      results.push([...plain.diffIds, epoch.id])
      assert.equal(epoch.config.created, "1970-01-18T08:40:00.000Z")
      assert.equal(await epoch.files((root) => statSync(join(root, "w/v/f")).mtimeMs), 1_500_000_000)
    })
  }
  assert.equal(results[0]?.length, 4)
  assert.deepEqual(results[0], results[1])
})

test("cached layers survive garbage collection; without the cache they go", asRoot, () =>
  withBuilds(async ({ put, build, store }) => {
    put("a", "1")
    const text = "FROM scratch\nCOPY a /"
    await build(text)
    await store.remove("test")
    assert.deepEqual((await build(text)).cached, ["COPY a /"])
    await store.remove("test")
    rmSync(join(store.dir, "build-cache"), { recursive: true })
    await store.collectGarbage()
    assert.deepEqual(store.layers.list(), [])
    assert.deepEqual(store.blobs.entries(), [])
  }),
)

test("a cache entry whose layer is gone is no cache entry", asRoot, () =>
  withBuilds(async ({ put, build, store }) => {
    put("a", "1")
    const text = "FROM scratch\nCOPY a /"
    const first = await build(text)
    await store.remove("test")
    for (const { path } of store.layers.list()) await store.layers.delete(path)
    const second = await build(text)
    assert.deepEqual(second.cached, [])
    assert.deepEqual(second.diffIds, first.diffIds)
  }),
)

test("a failed build leaves names, and nothing half done", asRoot, () =>
  withBuilds(async ({ put, build, store }) => {
    put("a", "1")
    const { id } = await build("FROM scratch\nCOPY a /")
    await assert.rejects(build("FROM scratch\nCOPY a /b\nCOPY nothing /c"), /"nothing" is not in the build context/)
    assert.equal(await store.resolve("test"), id)
    assert.equal(existsSync(join(store.dir, "layers")), true)
    assert.deepEqual(
      readFileSync("/proc/self/mountinfo", "utf8")
        .split("\n")
        .filter((line) => line.includes(store.dir)),
      [],
    )
  }),
)

test("a missing Dockerfile and a missing folder are named", () =>
  withBuilds(async ({ dir, build }) => {
    await assert.rejects(build("", { dockerfile: join(dir, "Nofile") }), /cannot read the Dockerfile .*Nofile/)
    await assert.rejects(build("FROM scratch", { context: join(dir, "nowhere") }), /found no folder .*nowhere/)
    await assert.rejects(build("# empty"), /the file has no FROM/)
  }))

test("a misspelt build argument is pointed out", asRoot, () =>
  withBuilds(async ({ build }) => {
    const { events } = await build("FROM scratch\nARG VERSION", {
      buildArgs: new Map([
        ["VERSOIN", "1"],
        ["https_proxy", "x"],
      ]),
    })
    assert.deepEqual(
      events.filter(({ kind }) => kind === "warning"),
      [{ kind: "warning", text: "build argument VERSOIN is not declared by any ARG" }],
    )
  }),
)

test("a Dockerfile may bring its own ignore file", asRoot, () =>
  withBuilds(async ({ dir, put, build }) => {
    put("a", "1")
    put("b", "1")
    put(".dockerignore", "a")
    writeFileSync(join(dir, "Dockerfile.dockerignore"), "b\n.dockerignore")
    const { files } = await build("FROM scratch\nCOPY . /")
    assert.deepEqual(await files((root) => listing(root)), ["a 644 0:0 1"])
  }),
)
