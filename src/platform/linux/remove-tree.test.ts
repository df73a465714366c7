import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { removeTree } from "./remove-tree.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-remove-"))
after(() => rmSync(dir, { recursive: true, force: true }))

/** Folders in folders, `levels` of them, below `root`; each path on the way is short. */
function nest(root: string, levels: number): void {
  const before = process.cwd()
  mkdirSync(root, { recursive: true })
  process.chdir(root)
  try {
    for (let level = 0; level < levels; level++) {
      writeFileSync("file", "")
      mkdirSync("d".repeat(255))
      process.chdir("d".repeat(255))
    }
  } finally {
    process.chdir(before)
  }
}

test("folders go, however deep they are", async () => {
  const root = join(dir, "deep")
  nest(root, 100)
  nest(join(root, ".deep-0"), 100)
  writeFileSync(join(root, ".deep-1"), "")
  await removeTree(root)
  assert.equal(existsSync(root), false)
})

test("links go, and not what they lead to; names are bytes; files and what is not there are no errors", async () => {
  const outside = join(dir, "outside")
  writeFileSync(outside, "kept")
  const root = join(dir, "links")
  mkdirSync(join(root, "sub"), { recursive: true })
  symlinkSync(outside, join(root, "sub", "link"))
  symlinkSync(dir, join(root, "folder"))
  // No text.
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]), "")
  await removeTree(root)
  await removeTree(root)
  assert.equal(existsSync(root), false)
  assert.equal(readFileSync(outside, "utf8"), "kept")
  await removeTree(outside)
  assert.equal(existsSync(outside), false)
})
