import assert from "node:assert/strict"
import { test } from "node:test"
import { shortened } from "./report-unschedulable.ts"

test("a message is cut to what an event's note may be, and never inside a character", () => {
  assert.equal(shortened("x".repeat(1024)), "x".repeat(1024))
  assert.equal(shortened("x".repeat(1025)), `${"x".repeat(1020)} ...`)
  assert.equal(shortened(`x${"é".repeat(600)}`), `x${"é".repeat(509)} ...`)
})
