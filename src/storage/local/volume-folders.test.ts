import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createVolumeFolders } from "./volume-folders.ts"

const top = mkdtempSync(join(tmpdir(), "gantry-volumes-"))
after(() => rmSync(top, { recursive: true, force: true }))
const dir = join(top, "volumes")
const folders = createVolumeFolders({ dir })
const modeOf = (path: string) => statSync(path).mode & 0o7777

test("a volume is open to its pods, and to nobody else", async () => {
  const umask = process.umask(0o077)
  try {
    assert.equal(await folders.make("pvc-1"), join(dir, "pvc-1"))
  } finally {
    process.umask(umask)
  }
  assert.deepEqual([modeOf(join(dir, "pvc-1")), modeOf(dir)], [0o777, 0o700])
})

test("a volume that is there stays as it is", async () => {
  const path = await folders.make("pvc-2")
  writeFileSync(join(path, "data"), "kept")
  assert.equal(await folders.make("pvc-2"), path)
  assert.equal(readFileSync(join(path, "data"), "utf8"), "kept")
})

test("all of a volume is removed, and nothing that it links to", async () => {
  const outside = join(top, "outside")
  mkdirSync(outside)
  writeFileSync(join(outside, "precious"), "kept")
  const path = await folders.make("pvc-3")
  mkdirSync(join(path, "a/b/c"), { recursive: true })
  writeFileSync(join(path, "a/b/file"), "x", { mode: 0o400 })
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), "x")
  symlinkSync(outside, join(path, "link"))
  symlinkSync("/", join(path, "a/root"))
  mkdirSync(join(path, "moved-0/full"), { recursive: true })
  mkdirSync(join(path, ...Array.from({ length: 200 }, () => "deep")), { recursive: true })
  await folders.remove("pvc-3")
  assert.equal(existsSync(path), false)
  assert.deepEqual(readdirSync(join(dir, ".going")), [])
  assert.equal(readFileSync(join(outside, "precious"), "utf8"), "kept")
})

test("what is not there is fine", async () => {
  await folders.remove("pvc-none")
  await createVolumeFolders({ dir: join(top, "nowhere") }).remove("pvc-none")
})

test("a removal that broke off is gone on with", async () => {
  await folders.make("pvc-4")
  mkdirSync(join(dir, ".going", "pvc-4", "rest"), { recursive: true })
  await folders.remove("pvc-4")
  assert.equal(existsSync(join(dir, "pvc-4")), false)
  assert.deepEqual(readdirSync(join(dir, ".going")), [])
})

test("nothing is removed through a link in a volume's place", async () => {
  const outside = join(top, "elsewhere")
  mkdirSync(outside)
  symlinkSync(outside, join(dir, "pvc-5"))
  await assert.rejects(folders.make("pvc-5"), /no folder/)
  await assert.rejects(folders.remove("pvc-5"), /no folder/)
  assert.equal(existsSync(outside), true)
})

test("a file system that is mounted inside is left alone", { skip: process.getuid?.() !== 0 }, async () => {
  const path = await folders.make("pvc-6")
  mkdirSync(join(path, "disk"))
  execFileSync("mount", ["-t", "tmpfs", "none", join(path, "disk")])
  try {
    await assert.rejects(folders.remove("pvc-6"), /something is mounted at disk: unmount it first/)
  } finally {
    execFileSync("umount", [join(dir, ".going", "pvc-6", "disk")])
  }
  await folders.remove("pvc-6")
  assert.deepEqual(readdirSync(join(dir, ".going")), [])
})

test("names lead nowhere else", async () => {
  for (const name of ["", ".", "..", "../x", "a/b", ".going", "A", "a\0", "x".repeat(256)]) {
    await assert.rejects(folders.make(name), { name: "VolumeNameError" })
    await assert.rejects(folders.remove(name), { name: "VolumeNameError" })
  }
})
