import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { readCapabilities } from "./capabilities.ts"
import { bindMount, mount, unmount } from "./mount.ts"

const skip = !readCapabilities().effective.has("SYS_ADMIN") && "mounting needs CAP_SYS_ADMIN"
const dir = mkdtempSync(join(tmpdir(), "gantry-mount-"))
const [a, b] = [join(dir, "a"), join(dir, "b")]
mkdirSync(a)
mkdirSync(b)
writeFileSync(join(a, "file"), "a")
after(() => {
  unmount(b)
  rmSync(dir, { recursive: true })
})

test("a bind mount shows the same files, read-only when asked", { skip }, () => {
  bindMount(a, b)
  writeFileSync(join(b, "file"), "through b")
  assert.equal(readFileSync(join(a, "file"), "utf8"), "through b")
  assert.equal(unmount(b), true)
  bindMount(a, b, { readOnly: true })
  assert.throws(() => writeFileSync(join(b, "file"), "x"), { code: "EROFS" })
  assert.equal(unmount(b), true)
})

test("a tmpfs takes its options", { skip }, () => {
  mount("tmpfs", b, { type: "tmpfs", flags: ["noSuid", "noDev"], data: "size=64k,mode=700" })
  assert.throws(() => writeFileSync(join(b, "file"), "x".repeat(100_000)), { code: "ENOSPC" })
  unmount(b)
})

test("unmounting what is not mounted does nothing, and links are not followed", { skip }, () => {
  assert.equal(unmount(b), false)
  assert.equal(unmount(join(dir, "none")), false)
  bindMount(a, b)
  symlinkSync(b, join(dir, "link"))
  assert.equal(unmount(join(dir, "link")), false)
  assert.equal(unmount(b), true)
})

test("errors name what was to be mounted where; options are not cut off", { skip }, () => {
  assert.throws(() => mount("none", b, { type: "nofs" }), { code: "ENODEV", message: /nofs none on .*\/b$/ })
  assert.throws(() => mount("overlay", b, { type: "overlay", data: "x".repeat(4096) }), RangeError)
})
