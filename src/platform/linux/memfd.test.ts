import assert from "node:assert/strict"
import { closeSync, readFileSync, writeSync } from "node:fs"
import { test } from "node:test"
import { createSealedMemfd } from "./memfd.ts"

test("a sealed file in memory can be read by path and no longer written", () => {
  const fd = createSealedMemfd("test", Buffer.from("hello"))
  try {
    assert.equal(readFileSync(`/proc/self/fd/${fd}`, "utf8"), "hello")
    assert.throws(() => writeSync(fd, "x"), { code: "EPERM" })
  } finally {
    closeSync(fd)
  }
})
