import assert from "node:assert/strict"
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { ContainerConfig } from "../content/oci.ts"
import { isImageError } from "../images.ts"
import { listing, withBuilds } from "./testing/build-fixture.ts"

const asRoot = { skip: process.getuid?.() === 0 ? false : "mounting layers needs root" }

const configs: readonly { name: string; lines: readonly string[]; config: ContainerConfig }[] = [
  { name: "nothing", lines: [], config: {} },
  {
    name: "ENV in both forms; values of one instruction do not see each other",
    lines: ["ENV a=1 b='x y'", "ENV a=2 c=$a", "ENV old form of $b"],
    config: { Env: ["a=2", "b=x y", "c=1", "old=form of x y"] },
  },
  {
    name: "CMD and ENTRYPOINT",
    lines: ['ENTRYPOINT ["/e", "1"]', "CMD run this && that"],
    config: { Entrypoint: ["/e", "1"], Cmd: ["/bin/sh", "-c", "run this && that"] },
  },
  {
    name: "SHELL",
    lines: ['SHELL ["/bin/ash", "-ec"]', "CMD x"],
    config: { Shell: ["/bin/ash", "-ec"], Cmd: ["/bin/ash", "-ec", "x"] },
  },
  {
    name: "an entrypoint drops the command of the base",
    lines: ["CMD old", "FROM first AS child", 'ENTRYPOINT ["/e"]'],
    config: { Entrypoint: ["/e"] },
  },
  {
    name: "EXPOSE, VOLUME, STOPSIGNAL, USER, LABEL",
    lines: [
      "EXPOSE 80 53/UDP 90-91",
      'VOLUME ["/a", "/b c"]',
      "STOPSIGNAL SIGINT",
      "USER 5:6",
      "LABEL x=1 'y z'=\"2\"",
    ],
    config: {
      ExposedPorts: { "80/tcp": {}, "53/udp": {}, "90/tcp": {}, "91/tcp": {} },
      Volumes: { "/a": {}, "/b c": {} },
      StopSignal: "SIGINT",
      User: "5:6",
      Labels: { x: "1", "y z": "2" },
    },
  },
  {
    name: "labels named like parts of JavaScript",
    lines: ["LABEL __proto__=1 constructor=2"],
    config: { Labels: JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string> },
  },
  {
    name: "WORKDIR, relative to the last",
    lines: ["WORKDIR /a", "ENV x=b", "WORKDIR $x/../c"],
    config: { WorkingDir: "/a/c", Env: ["x=b"] },
  },
  {
    name: "HEALTHCHECK",
    lines: ["HEALTHCHECK --interval=1m30s --timeout=500ms --retries=2 CMD curl -f localhost"],
    config: { Healthcheck: { Test: ["CMD-SHELL", "curl -f localhost"], Interval: 9e10, Timeout: 5e8, Retries: 2 } },
  },
  { name: "HEALTHCHECK NONE", lines: ["HEALTHCHECK NONE"], config: { Healthcheck: { Test: ["NONE"] } } },
  {
    name: "ONBUILD, which happens in the child and is then gone",
    lines: ["ONBUILD ENV a=1", "FROM first AS child", "ENV b=$a"],
    config: { Env: ["a=1", "b=1"] },
  },
  {
    name: "ARG: defaults, overriding, precedence of ENV, scope",
    lines: ["ARG A=1 B=$A", "ARG GIVEN=no", "ENV A=env", "ENV R=$A$B$GIVEN-$NEVER"],
    config: { Env: ["A=env", "R=env1yes-"] },
  },
  { name: "ARG from before the first FROM", lines: ["ARG GLOBAL", "ENV R=$GLOBAL"], config: { Env: ["R=global"] } },
  { name: "no ARG, no value", lines: ["ENV R=[$GLOBAL$GIVEN$TARGETOS]"], config: { Env: ["R=[]"] } },
  { name: "automatic arguments", lines: ["ARG TARGETOS", "ENV R=$TARGETOS"], config: { Env: ["R=linux"] } },
  {
    name: "a stage inherits what its base has",
    lines: ["ENV a=1", "ARG B=2", "FROM first", "ENV c=$a$B"],
    config: { Env: ["a=1", "c=12"] },
  },
]

for (const { name, lines, config } of configs) {
  test(`configuration: ${name}`, asRoot, () =>
    withBuilds(async ({ build }) => {
      const text = ["ARG GLOBAL=global", "FROM scratch AS first", ...lines].join("\n")
      const built = await build(text, { buildArgs: new Map([["GIVEN", "yes"]]) })
      assert.deepEqual(built.config.config, config)
    }),
  )
}

const failures: readonly { lines: readonly string[]; message: RegExp }[] = [
  { lines: ["EXPOSE 99999"], message: /Dockerfile:2: EXPOSE 99999: found port "99999"/ },
  { lines: ["SHELL sh"], message: /write it as a JSON list/ },
  { lines: ["HEALTHCHECK --interval=soon CMD x"], message: /--interval: found "soon"/ },
  { lines: ["USER a b"], message: /exactly one argument/ },
  { lines: ['ENV a="${x?must be set}"'], message: /x: must be set/ },
  { lines: ["ARG 1x"], message: /invalid name for a variable: "1x"/ },
  { lines: ["FROM $NOTHING"], message: /Dockerfile:2: FROM \$NOTHING: the base name "\$NOTHING" is empty/ },
  {
    lines: ["FROM gantry/cobol"],
    message: /there is no image gantry\/cobol: made from this machine are gantry\/busybox/,
  },
  { lines: ["FROM UPPER"], message: /repository name must be lowercase/ },
  { lines: ["RUN --mount=type=ssh true"], message: /type=ssh is not supported/ },
  { lines: ["RUN --mount=type=cache,size=3,target=/x true"], message: /type=cache has no option "size"/ },
  { lines: ["RUN --mount=type=secret,id=x,required true"], message: /secret x is required/ },
  { lines: ["RUN --network=vpn true"], message: /--network: found "vpn"/ },
  { lines: ["RUN --security=insecure true"], message: /--security=insecure is not supported/ },
]

for (const { lines, message } of failures) {
  test(`refuses ${lines.join("; ")}`, asRoot, () =>
    withBuilds(async ({ build }) => {
      await assert.rejects(build(["FROM scratch", ...lines].join("\n")), (error) => {
        assert.ok(isImageError(error, "BuildFailed"))
        assert.match(error.message, message)
        return true
      })
    }),
  )
}

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
