import assert from "node:assert/strict"
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { deviceNumber, makeNode, openFile, openFlags, openInRoot, readRegular } from "./open.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-open-"))
after(() => rmSync(dir, { recursive: true }))
const root = join(dir, "root")
mkdirSync(join(root, "etc"), { recursive: true })
writeFileSync(join(dir, "secret"), "outside")
writeFileSync(join(root, "secret"), "inside")
writeFileSync(join(root, "etc", "secret"), "inside etc")
symlinkSync("/secret", join(root, "absolute"))
symlinkSync("../../../secret", join(root, "etc", "climbing"))

const cases = [
  { path: "secret", finds: "inside" },
  { path: "/secret", finds: "inside" },
  { path: "../../secret", finds: "inside" },
  { path: "absolute", finds: "inside" },
  { path: "etc/climbing", finds: "inside" },
  { path: "etc/./secret", finds: "inside etc" },
]
for (const { path, finds } of cases) {
  test(`openInRoot ${path} stays inside`, () => {
    const fd = openInRoot(root, path)
    try {
      assert.equal(readFileSync(fd, "utf8"), finds)
    } finally {
      closeSync(fd)
    }
  })
}

test("openInRoot makes files, and says what is missing", () => {
  closeSync(openInRoot(root, "../new", constants.O_CREAT | constants.O_WRONLY, 0o640))
  assert.equal(statSync(join(root, "new")).isFile(), true)
  assert.throws(() => openInRoot(root, "none"), { code: "ENOENT", syscall: "openat2" })
  assert.throws(() => openInRoot(root, "a\0b"), TypeError)
})

test("a descriptor is closed on exec", () => {
  const fd = openFile(join(root, "secret"))
  try {
    assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"), /^flags:\s*02\d{6}$/m)
  } finally {
    closeSync(fd)
  }
})

test("named pipes get the mode asked for", () => {
  const path = join(dir, "pipe")
  makeNode(path, "fifo", 0o666)
  const stats = statSync(path)
  assert(stats.isFIFO())
  assert.equal(stats.mode & 0o777, 0o666)
})

test("device numbers are packed as the C library does", () => {
  assert.equal(deviceNumber(1, 3), 0x103n)
  assert.equal(deviceNumber(259, 1048575), 0xfff103ffn | 0n)
})

test("of what a container may have put there only regular files are opened", () => {
  makeNode(join(root, "pipe"), "fifo", 0o600)
  makeNode(join(root, "null"), "character", 0o600, [1, 3])
  const read = (path: string, from: "beginning" | "end", bytesMax: number) =>
    readRegular(openInRoot(root, path, openFlags.O_PATH), { from, bytesMax })?.toString()
  // Without a writer, opening a pipe would never end.
  for (const path of ["pipe", "null", "etc"]) assert.equal(read(path, "end", 4), undefined)
  assert.equal(read("secret", "beginning", 2), "in")
  assert.equal(read("secret", "end", 2), "de")
  assert.equal(read("absolute", "end", 100), "inside")
})
