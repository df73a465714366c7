import assert from "node:assert/strict"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { digestOf } from "../content/digest.ts"
import { isImageError } from "../images.ts"
import { getXattr, setXattr } from "./libc.ts"
import { isWhiteout } from "./lower-lookup.ts"
import { TAR_END, type TarMember, tarHeader, tarPadding } from "./tar-header.ts"
import { type UnpackedLayer, unpackLayer } from "./unpack-layer.ts"

type Member = TarMember & { readonly content?: string }

const asRoot = { skip: process.getuid?.() === 0 ? false : "device nodes and owners need root" }

function tar(members: readonly Member[]): Buffer {
  const parts = members.flatMap((member) => {
    const content = Buffer.from(member.content ?? "")
    return [tarHeader({ ...member, size: content.length }), content, Buffer.alloc(tarPadding(content.length))]
  })
  return Buffer.concat([...parts, TAR_END])
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function inTemporary(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), `gantry-unpack-${process.pid}-`))
  try {
    mkdirSync(join(dir, "root"))
    await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function unpack(dir: string, members: readonly Member[], lowers: readonly string[] = []): Promise<UnpackedLayer> {
  return unpackLayer(pieces(tar(members), 1000), join(dir, "root"), { lowers })
}

const file = (name: string, content = name): Member => ({ name, type: "file", content })
const directory = (name: string, mode = 0o755): Member => ({ name, type: "directory", mode })

test("keeps content, modes, owners, times, links and attributes", asRoot, () =>
  inTemporary(async (dir) => {
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex")
    const long = `deep/${"x".repeat(120)}/é`
    await unpack(dir, [
      directory("bin/", 0o1777),
      { ...file("bin/su", "su"), mode: 0o4755, uid: 0, gid: 42, mtime: 1_700_000_000 },
      { ...file("bin/ping"), uid: 70_000, xattrs: new Map([["security.capability", capability]]) },
      { name: "bin/sh", type: "symlink", linkname: "su", uid: 5 },
      { name: "bin/su2", type: "hardlink", linkname: "bin/su" },
      { name: "dev/null", type: "char", major: 1, minor: 3, mode: 0o666 },
      { name: "pipe", type: "fifo", mode: 0o640 },
      file(long, "long"),
    ])
    const at = (path: string) => lstatSync(join(dir, "root", path))
    assert.equal(at("bin").mode & 0o7777, 0o1777)
    assert.equal(at("bin/su").mode & 0o7777, 0o4755)
    assert.equal(at("bin/su").gid, 42)
    assert.equal(at("bin/su").mtimeMs, 1_700_000_000_000)
    assert.equal(at("bin/su").ino, at("bin/su2").ino)
    assert.equal(at("bin/ping").uid, 70_000)
    assert.deepEqual(getXattr(join(dir, "root/bin/ping"), "security.capability"), capability)
    assert.equal(readlinkSync(join(dir, "root/bin/sh")), "su")
    assert.equal(at("bin/sh").uid, 5)
    assert.equal(at("dev/null").rdev, 0x103)
    assert.ok(at("pipe").isFIFO())
    assert.equal(readFileSync(join(dir, "root", long), "utf8"), "long")
  }),
)

test("compressed and plain layers have the same diff id", asRoot, () =>
  inTemporary(async (dir) => {
    const plain = tar([file("a", "a".repeat(100_000))])
    for (const [i, bytes] of [plain, gzipSync(plain), zstdCompressSync(plain)].entries()) {
      mkdirSync(join(dir, String(i)))
      const { diffId } = await unpackLayer(pieces(bytes, 777), join(dir, String(i)))
      assert.equal(diffId, digestOf(plain))
      assert.equal(readFileSync(join(dir, String(i), "a")).length, 100_000)
    }
  }),
)

test("whiteouts become what overlayfs understands", asRoot, () =>
  inTemporary(async (dir) => {
    const { selfContained } = await unpack(dir, [
      file(".wh.gone"),
      directory("opaque"),
      file("opaque/.wh..wh..opq"),
      file("opaque/new"),
      file(".wh.dir"),
      directory("dir"),
      file("kept"),
      file(".wh.kept"),
      file(".wh..wh.plnk"),
    ])
    assert.ok(isWhiteout(lstatSync(join(dir, "root/gone"))))
    for (const name of ["opaque", "dir"]) {
      assert.equal(getXattr(join(dir, "root", name), "trusted.overlay.opaque")?.toString(), "y")
    }
    assert.equal(readFileSync(join(dir, "root/kept"), "utf8"), "kept")
    assert.deepEqual(readdirSync(join(dir, "root")).sort(), ["dir", "gone", "kept", "opaque"])
    assert.equal(selfContained, true)
  }),
)

test("members that lean on the layers below follow them", asRoot, () =>
  inTemporary(async (dir) => {
    const lower = join(dir, "lower")
    mkdirSync(join(lower, "usr/lib"), { recursive: true, mode: 0o755 })
    mkdirSync(join(lower, "private"), { mode: 0o700 })
    await unpackLayer(
      pieces(tar([{ name: "lib", type: "symlink", linkname: "usr/lib" }, file("usr/tool", "t")]), 512),
      lower,
    )
    const result = await unpack(
      dir,
      [file("lib/x"), file("private/y"), { name: "tool2", type: "hardlink", linkname: "usr/tool" }],
      [lower],
    )
    assert.equal(result.selfContained, false)
    assert.equal(readFileSync(join(dir, "root/usr/lib/x"), "utf8"), "lib/x")
    assert.equal(lstatSync(join(dir, "root/private")).mode & 0o7777, 0o700)
    assert.equal(readFileSync(join(dir, "root/tool2"), "utf8"), "t")
  }),
)

const attacks: readonly { readonly name: string; readonly members: readonly Member[]; readonly refused: boolean }[] = [
  { name: "a path with ..", members: [file("../evil")], refused: true },
  { name: "a path with .. inside", members: [file("a/../../evil")], refused: true },
  { name: "an absolute path", members: [file("/evil")], refused: false },
  {
    name: "a link that leads out",
    members: [{ name: "out", type: "symlink", linkname: "../../.." }, file("out/evil")],
    refused: false,
  },
  {
    name: "an absolute link that leads out",
    members: [{ name: "out", type: "symlink", linkname: "/tmp" }, file("out/evil")],
    refused: false,
  },
  {
    name: "a file written through a link",
    members: [{ name: "evil", type: "symlink", linkname: "../secret" }, file("evil", "overwritten")],
    refused: false,
  },
  { name: "a hard link out", members: [{ name: "x", type: "hardlink", linkname: "../secret" }], refused: true },
  {
    name: "a hard link out through a link",
    members: [
      { name: "out", type: "symlink", linkname: ".." },
      { name: "x", type: "hardlink", linkname: "out/secret" },
    ],
    refused: true,
  },
  {
    name: "a whiteout through a link",
    members: [{ name: "out", type: "symlink", linkname: ".." }, file("out/.wh.secret")],
    refused: false,
  },
  { name: "a whiteout of ..", members: [file(".wh..")], refused: true },
  {
    name: "links in a circle",
    members: [
      { name: "a", type: "symlink", linkname: "b" },
      { name: "b", type: "symlink", linkname: "a" },
      file("a/x"),
    ],
    refused: true,
  },
  { name: "a path through a file", members: [file("a"), file("a/b")], refused: true },
]

for (const attack of attacks) {
  test(`stays inside: ${attack.name}`, asRoot, () =>
    inTemporary(async (dir) => {
      writeFileSync(join(dir, "secret"), "secret")
      const done = unpack(dir, attack.members)
      if (attack.refused) await assert.rejects(done, (error) => isImageError(error, "InvalidImage"))
      else await done
      assert.deepEqual(readdirSync(dir).sort(), ["root", "secret"])
      assert.equal(readFileSync(join(dir, "secret"), "utf8"), "secret")
      assert.equal(lstatSync(join(dir, "secret")).nlink, 1)
    }),
  )
}

test("attributes that overlayfs interprets are not taken from an image", asRoot, () =>
  inTemporary(async (dir) => {
    setXattr(join(dir, "root"), "user.probe", Buffer.from("1"))
    await unpack(dir, [
      {
        ...directory("d"),
        xattrs: new Map([
          ["trusted.overlay.opaque", Buffer.from("y")],
          ["user.mine", Buffer.from("1")],
        ]),
      },
    ])
    assert.equal(getXattr(join(dir, "root/d"), "trusted.overlay.opaque"), null)
    assert.equal(getXattr(join(dir, "root/d"), "user.mine")?.toString(), "1")
  }),
)

const damaged: readonly (readonly [string, Buffer])[] = [
  ["not tar", Buffer.alloc(1024, "x")],
  ["cut off", tar([file("a", "a".repeat(2000))]).subarray(0, 1500)],
  ["cut off gzip", gzipSync(tar([file("a", "abc".repeat(5000))])).subarray(0, 60)],
]
for (const [name, bytes] of damaged) {
  test(`refuses what is ${name}`, () =>
    inTemporary(async (dir) => {
      await assert.rejects(unpackLayer(pieces(bytes, 100), join(dir, "root")), (error) =>
        isImageError(error, "InvalidImage"),
      )
    }))
}

test("stops at the limits", () =>
  inTemporary(async (dir) => {
    const limits = { bytesMax: 10_000, entriesMax: 3 }
    const big = tar([file("a", "a".repeat(20_000))])
    await assert.rejects(unpackLayer(pieces(big, 512), join(dir, "root"), { limits }), /larger than 10000/)
    const many = tar([".", "x", "y", "z"].map((name) => directory(name)))
    await assert.rejects(unpackLayer(pieces(many, 512), join(dir, "root"), { limits }), /more than 3 members/)
  }))
