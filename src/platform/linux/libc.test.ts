import assert from "node:assert/strict"
import { test } from "node:test"
import { check, libc } from "./libc.ts"
import { hasCode, SystemError } from "./system-error.ts"

test("a failed call says what failed, why and on what", () => {
  assert.throws(
    () => check("open", libc.open("/does/not/exist", 0, 0), "/does/not/exist"),
    (error: unknown) => {
      assert(error instanceof SystemError)
      assert.equal(error.syscall, "open")
      assert.equal(error.errno, 2)
      assert.equal(error.code, "ENOENT")
      assert.equal(error.message, "open: no such file or directory (ENOENT): /does/not/exist")
      assert(hasCode(error, "EPERM", "ENOENT"))
      assert(!hasCode(error, "EPERM"))
      return true
    },
  )
})

test("the error number is that of the last failed call", () => {
  for (let i = 0; i < 1000; i++) {
    assert.throws(() => check("close", libc.close(-1)), { code: "EBADF" })
    assert.throws(() => check("mount", libc.mount("", "/does/not/exist", "", 0n, "")), { code: "ENOENT" })
  }
})

test("64-bit results are checked too, and a good result is passed through", () => {
  assert.throws(() => check("read", libc.read(-1, Buffer.alloc(1), 1n)), { code: "EBADF" })
  assert.equal(check("gettid", libc.gettid()) > 0, true)
})

test("a number that nobody knows still makes a readable error", () => {
  assert.equal(new SystemError("x", 4000).message, "x: unknown error (E4000)")
})
