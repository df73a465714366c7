import assert from "node:assert/strict"
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { diskUse } from "./disk-use.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-disk-use-"))
after(() => rmSync(dir, { recursive: true, force: true }))
const MEBIBYTE = 1 << 20

test("counts each file once, links themselves, and names that are no text", async () => {
  const root = join(dir, "flat")
  mkdirSync(join(root, "sub"), { recursive: true })
  writeFileSync(join(root, "file"), Buffer.alloc(MEBIBYTE))
  linkSync(join(root, "file"), join(root, "sub", "again"))
  symlinkSync("/", join(root, "link"))
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), Buffer.alloc(MEBIBYTE))
  const found = await diskUse(root)
  assert.equal(found?.inodesUsed, 5)
  const folders = [root, join(root, "sub")].reduce((sum, path) => sum + statSync(path).blocks * 512, 0)
  assert.equal(found.usedBytes, 2 * MEBIBYTE + folders)
})

/** Folders in folders, `levels` of them, below `root`. Leaves the process in the last. */
function enterNested(root: string, name: string, levels: number): void {
  mkdirSync(root)
  process.chdir(root)
  for (let level = 0; level < levels; level++) {
    mkdirSync(name)
    process.chdir(name)
  }
}

test("counts what is nested deeper than any path is long", async () => {
  const root = join(dir, "deep")
  const before = process.cwd()
  enterNested(root, "d".repeat(255), 60)
  writeFileSync("file", Buffer.alloc(MEBIBYTE))
  process.chdir(before)
  const found = await diskUse(root)
  assert.equal(found?.inodesUsed, 62)
  assert.ok(found.usedBytes >= MEBIBYTE)
})

test("stops where descriptors would run out", async () => {
  const root = join(dir, "bottomless")
  const before = process.cwd()
  enterNested(root, "d", 1200)
  process.chdir(before)
  assert.equal((await diskUse(root))?.inodesUsed, 801)
})

test("says nothing of what is not there", async () => {
  assert.equal(await diskUse(join(dir, "none")), undefined)
})
