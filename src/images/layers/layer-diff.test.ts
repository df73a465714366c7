import assert from "node:assert/strict"
import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { mount, unmount } from "../../platform/linux/mount.ts"
import { digestOf } from "../content/digest.ts"
import { writeLayer } from "./layer-diff.ts"
import { getXattr, setXattr } from "./libc.ts"
import { isWhiteout } from "./lower-lookup.ts"
import { unpackLayer } from "./unpack-layer.ts"

const asRoot = { skip: process.getuid?.() === 0 ? false : "mounting needs root" }

async function tarOf(dir: string): Promise<Buffer> {
  const parts: Buffer[] = []
  await writeLayer(dir, (bytes) => parts.push(Buffer.from(bytes)))
  return Buffer.concat(parts)
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

test("what was changed on an overlay becomes a layer and comes back the same", asRoot, async () => {
  const dir = mkdtempSync(join(tmpdir(), `gantry-diff-${process.pid}-`))
  const at = (...path: string[]) => join(dir, ...path)
  try {
    for (const name of ["lower/old", "lower/replaced", "upper", "work", "merged", "again"]) {
      mkdirSync(at(name), { recursive: true })
    }
    writeFileSync(at("lower/gone"), "")
    writeFileSync(at("lower/old/file"), "")
    mount("overlay", at("merged"), {
      type: "overlay",
      data: `lowerdir=${at("lower")},upperdir=${at("upper")},workdir=${at("work")}`,
    })
    rmSync(at("merged/gone"))
    rmSync(at("merged/replaced"), { recursive: true })
    mkdirSync(at("merged/replaced"))
    writeFileSync(at("merged/a"), "content", { mode: 0o755 })
    writeFileSync(at("merged/big"), Buffer.alloc(3_000_001, "z"))
    linkSync(at("merged/a"), at("merged/b"))
    symlinkSync("a", at("merged/c"))
    chownSync(at("merged/a"), 3_000_000, 7)
    setXattr(at("merged/a"), "user.note", Buffer.from([0, 255, 10]))
    unmount(at("merged"))

    const first = await tarOf(at("upper"))
    assert.equal(digestOf(await tarOf(at("upper"))), digestOf(first))
    const { diffId } = await unpackLayer(once(first), at("again"))
    assert.equal(diffId, digestOf(first))
    assert.ok(isWhiteout(lstatSync(at("again/gone"))))
    assert.equal(getXattr(at("again/replaced"), "trusted.overlay.opaque")?.toString(), "y")
    assert.equal(readFileSync(at("again/big")).length, 3_000_001)
    assert.equal(lstatSync(at("again/b")).ino, lstatSync(at("again/a")).ino)
    assert.equal(lstatSync(at("again/a")).uid, 3_000_000)
    assert.deepEqual(getXattr(at("again/a"), "user.note"), Buffer.from([0, 255, 10]))
    assert.equal(digestOf(await tarOf(at("again"))), digestOf(first))
  } finally {
    unmount(at("merged"))
    rmSync(dir, { recursive: true, force: true })
  }
})
