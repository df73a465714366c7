import assert from "node:assert/strict"
import {
  existsSync,
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
import { after, test } from "node:test"
import { mount, unmount } from "./mount.ts"
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
  nest(join(root, "moved-0"), 100)
  writeFileSync(join(root, "moved-1"), "")
  await removeTree(root)
  assert.equal(existsSync(root), false)
})

test("folders go, however many they are, and deep", async () => {
  const root = join(dir, "wide")
  // More than the kernel tells of at once.
  for (let folder = 0; folder < 1100; folder++) mkdirSync(join(root, `folder-${folder}`), { recursive: true })
  for (let folder = 0; folder < 1100; folder += 200) nest(join(root, `folder-${folder}`), 66)
  await removeTree(root)
  assert.equal(existsSync(root), false)
})

test("what is mounted there stays, also of the same file system", { skip: process.getuid?.() !== 0 }, async () => {
  const outside = join(dir, "mounted")
  const [root, at] = [join(dir, "with-mount"), join(dir, "with-mount", "sub", "here")]
  for (const folder of [outside, at]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(outside, "file"), "kept")
  mount(outside, at, { flags: ["bind"] })
  try {
    await assert.rejects(removeTree(root), /something is mounted at here: unmount it first/)
    await assert.rejects(removeTree(at), /something is mounted at here: unmount it first/)
  } finally {
    unmount(at)
  }
  assert.equal(readFileSync(join(outside, "file"), "utf8"), "kept")
  await removeTree(root)
  assert.equal(existsSync(root), false)
})

test("links go, and not what they lead to; names are bytes; files and what is not there are no errors", async () => {
  const [folder, outside] = [join(dir, "elsewhere"), join(dir, "elsewhere", "outside")]
  mkdirSync(folder)
  writeFileSync(outside, "kept")
  const root = join(dir, "links")
  mkdirSync(join(root, "sub"), { recursive: true })
  symlinkSync(outside, join(root, "sub", "link"))
  symlinkSync(folder, join(root, "folder"))
  // No text.
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]), "")
  await removeTree(root)
  await removeTree(root)
  assert.equal(existsSync(root), false)
  symlinkSync(folder, root)
  await removeTree(root)
  assert.throws(() => lstatSync(root), { code: "ENOENT" })
  assert.equal(readFileSync(outside, "utf8"), "kept")
  await removeTree(outside)
  assert.equal(existsSync(outside), false)
})
