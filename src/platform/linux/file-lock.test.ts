import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { LockedError, lockFile } from "./file-lock.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-lock-"))
after(() => rmSync(dir, { recursive: true }))

test("a lock is held by one, who is named, until released", () => {
  const path = join(dir, "lock")
  const lock = lockFile(path)
  assert.throws(
    () => lockFile(path),
    (error: unknown) => error instanceof LockedError && error.holderPid === process.pid,
  )
  lock.release()
  lock.release()
  lockFile(path).release()
})

test("a lock in a folder that does not exist is an error that names it", () => {
  assert.throws(() => lockFile(join(dir, "none", "lock")), { code: "ENOENT" })
})
