import assert from "node:assert/strict"
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
import { isImageError } from "../images.ts"
import { TAR_END, tarHeader, tarPadding } from "../layers/tar-header.ts"
import { type BuildFixture, listing, withBuilds } from "./testing/build-fixture.ts"

const asRoot = { skip: process.getuid?.() === 0 ? false : "mounting layers needs root" }

function tree({ put }: BuildFixture): void {
  put("a.txt", "a")
  put("b.txt", "b", 0o755)
  put("dir/c.txt", "c")
  put("dir/deep/d.md", "d")
}

const cases: readonly { name: string; lines: readonly string[]; expected: readonly string[] }[] = [
  { name: "a file to a name", lines: ["COPY a.txt /x"], expected: ["x 644 0:0 a"] },
  { name: "a file into a directory", lines: ["COPY a.txt /x/"], expected: ["x 755 0:0", "x/a.txt 644 0:0 a"] },
  {
    name: "the content of a directory",
    lines: ["COPY dir /x"],
    expected: ["x 755 0:0", "x/c.txt 644 0:0 c", "x/deep 755 0:0", "x/deep/d.md 644 0:0 d"],
  },
  {
    name: "wildcards, below the working directory",
    lines: ["WORKDIR /w", "COPY *.txt ./"],
    expected: ["w 755 0:0", "w/a.txt 644 0:0 a", "w/b.txt 755 0:0 b"],
  },
  {
    name: "a wildcard in the middle",
    lines: ["COPY d*/?.txt /x/"],
    expected: ["x 755 0:0", "x/c.txt 644 0:0 c"],
  },
  {
    name: "owner and mode, for new directories too",
    lines: ["COPY --chown=5:6 --chmod=640 a.txt /x/"],
    expected: ["x 755 5:6", "x/a.txt 640 5:6 a"],
  },
  {
    name: "a symbolic mode",
    lines: ["COPY --chmod=u=rwX,go= dir/deep /x/y", "COPY --chmod=go-r,u+x a.txt /"],
    expected: ["a.txt 700 0:0 a", "x 755 0:0", "x/y 755 0:0", "x/y/d.md 600 0:0 d"],
  },
  {
    name: "names of users from the image",
    lines: ["COPY <<EOT /etc/passwd", "me:x:7:8::/:/bin/sh", "EOT", "COPY --chown=me a.txt /"],
    expected: ["a.txt 644 7:7 a", "etc 755 0:0", "etc/passwd 644 0:0 me:x:7:8::/:/bin/sh"],
  },
  {
    name: "here-documents, with and without variables",
    lines: ["ENV X=1", "COPY <<one <<'two' /x/", "x is $X", "one", "x is $X", "two"],
    expected: ["x 755 0:0", "x/one 644 0:0 x is 1", "x/two 644 0:0 x is $X"],
  },
  {
    name: "from an earlier stage, owners kept",
    lines: ["COPY --chown=5 a.txt /p/q", "FROM scratch", "COPY --from=0 /p /r"],
    expected: ["r 755 0:0", "r/q 644 5:5 a"],
  },
  {
    name: "through links of the image, which cannot lead out",
    lines: ["COPY links/ /", "COPY a.txt /in/", "COPY b.txt /out/"],
    expected: [
      "in 777 0:0 (special)",
      "out 777 0:0 (special)",
      "real 755 0:0",
      "real/a.txt 644 0:0 a",
      "tmp 755 0:0",
    ].concat("tmp/b.txt 755 0:0 b"),
  },
  {
    name: "variables in every part",
    lines: ["ARG F=a", "ARG U=9", "COPY --chown=$U ${F}.txt /${F:-x}/"],
    expected: ["a 755 9:9", "a/a.txt 644 9:9 a"],
  },
  {
    name: "independently of what is below",
    lines: ["COPY a.txt /x/", "COPY --link b.txt /x/"],
    expected: ["x 755 0:0", "x/a.txt 644 0:0 a", "x/b.txt 755 0:0 b"],
  },
  { name: "names with blanks", lines: ['COPY ["a.txt", "/with blank"]'], expected: ["with blank 644 0:0 a"] },
  { name: "an archive, unpacked by ADD", lines: ["ADD x.tgz /x/"], expected: ["x 755 0:0", "x/in 640 3:4 packed"] },
  { name: "by ADD what only has the name of an archive", lines: ["ADD empty.tar /"], expected: ["empty.tar 644 0:0"] },
]

for (const { name, lines, expected } of cases) {
  test(`COPY ${name}`, asRoot, () =>
    withBuilds(async (fixture) => {
      tree(fixture)
      mkdirSync(join(fixture.dir, "context/links"))
      symlinkSync("real", join(fixture.dir, "context/links/in"))
      symlinkSync("../../../tmp", join(fixture.dir, "context/links/out"))
      fixture.put("empty.tar", "")
      const header = tarHeader({ name: "in", type: "file", size: 6, mode: 0o640, uid: 3, gid: 4 })
      const archive = Buffer.concat([header, Buffer.from("packed"), Buffer.alloc(tarPadding(6)), TAR_END])
      fixture.put("x.tgz", gzipSync(archive))
      const { files } = await fixture.build(["FROM scratch", ...lines].join("\n"))
      assert.deepEqual(await files((root) => listing(root)), expected)
    }),
  )
}

const failures: readonly { line: string; message: RegExp }[] = [
  { line: "COPY missing /x", message: /Dockerfile:2: COPY missing \/x: "missing" is not in the build context/ },
  { line: "COPY secret.key /x", message: /"secret.key" is not in the build context \(.dockerignore leaves it out\)/ },
  { line: "COPY ../../etc/passwd /x", message: /is not in the build context/ },
  { line: "COPY a.txt b.txt /x", message: /there are several sources, so the destination must end with a \// },
  { line: "COPY --chown=nobody a.txt /x", message: /"nobody" is not in the image's \/etc\/passwd/ },
  { line: "COPY --chmod=rw a.txt /x", message: /--chmod: found "rw"/ },
  { line: "COPY --from=3 a.txt /x", message: /there is no earlier stage 3/ },
  { line: "COPY a.txt", message: /at least one source and a destination/ },
]

for (const { line, message } of failures) {
  test(`refuses ${line}`, asRoot, () =>
    withBuilds(async (fixture) => {
      tree(fixture)
      fixture.put("secret.key", "s")
      fixture.put(".dockerignore", "*.key\n")
      await assert.rejects(fixture.build(`FROM scratch\n${line}`), (error) => {
        assert.ok(isImageError(error, "BuildFailed"))
        assert.match(error.message, message)
        return true
      })
    }),
  )
}

test("links in the context are followed inside it only", asRoot, () =>
  withBuilds(async ({ dir, put, build }) => {
    put("real/file", "inside")
    writeFileSync(join(dir, "file"), "outside")
    symlinkSync("real", join(dir, "context/link"))
    symlinkSync("../file", join(dir, "context/out"))
    mkdirSync(join(dir, "context/tree"))
    symlinkSync("/etc/passwd", join(dir, "context/tree/kept"))
    const { files } = await build("FROM scratch\nCOPY link/file /\nCOPY tree /tree")
    assert.equal(await files((root) => readlinkSync(join(root, "tree/kept"))), "/etc/passwd")
    assert.equal(await files((root) => readFileSync(join(root, "file"), "utf8")), "inside")
    await assert.rejects(build("FROM scratch\nCOPY out /"), /"out" is not in the build context/)
  }),
)

test(".dockerignore leaves out files, and an exception brings one back", asRoot, () =>
  withBuilds(async (fixture) => {
    tree(fixture)
    fixture.put(".dockerignore", "dir\n!dir/deep/d.md\n.dockerignore\n*.txt\n")
    const { files } = await fixture.build("FROM scratch\nCOPY . /")
    assert.deepEqual(await files((root) => listing(root)), [
      "dir 755 0:0",
      "dir/deep 755 0:0",
      "dir/deep/d.md 644 0:0 d",
    ])
  }),
)

test("a file replaces a file, a directory joins a directory, nothing else is lost", asRoot, () =>
  withBuilds(async ({ put, build }) => {
    put("one/x/a", "1")
    put("one/x/b", "1")
    put("two/x/b", "2")
    put("two/x/c", "2")
    const { files } = await build("FROM scratch\nCOPY one /\nCOPY two /")
    assert.deepEqual(await files((root) => listing(root)), [
      "x 755 0:0",
      "x/a 644 0:0 1",
      "x/b 644 0:0 2",
      "x/c 644 0:0 2",
    ])
    put("file/x", "a file")
    await assert.rejects(build("FROM scratch\nCOPY one /\nCOPY file /"), /a file cannot replace the directory/)
  }),
)

test("ADD fetches a URL and holds it against its checksum", asRoot, async (t) => {
  const server = createServer((request, response) => {
    response.setHeader("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    response.writeHead(request.url === "/f.txt" ? 200 : 404).end("content")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === "object" && address)
  const url = `http://127.0.0.1:${address.port}`
  const digest = "sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
  await withBuilds(async ({ build }) => {
    const { files } = await build(`FROM scratch\nADD --checksum=${digest} ${url}/f.txt /d/`)
    assert.deepEqual(await files((root) => listing(root)), ["d 755 0:0", "d/f.txt 600 0:0 content"])
    assert.equal(await files((root) => statSync(join(root, "d/f.txt")).mtimeMs), 1_767_225_600_000)
    const other = digest.replace("e", "f")
    await assert.rejects(build(`FROM scratch\nADD --checksum=${other} ${url}/f.txt /d/`), /has digest sha256:ed70/)
    await assert.rejects(build(`FROM scratch\nADD ${url}/g.txt /d/`), /the server answered 404/)
  })
})
