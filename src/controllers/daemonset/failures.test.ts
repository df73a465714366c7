import assert from "node:assert/strict"
import { test } from "node:test"
import { Failures } from "./failures.ts"

test("a place rests longer with each failure, and is forgotten after half an hour", () => {
  const failures = new Failures()
  const note = (atMs: number) => failures.note("a", atMs)
  assert.deepEqual([note(0), note(400), note(1000), note(2500), note(3000)], [0, 600, 0, 500, 0])
  assert.equal(failures.note("b", 3000), 0)
  assert.equal(note(3000 + 30 * 60_000 + 1), 0)
  assert.equal(note(3000 + 30 * 60_000 + 1000), 1)
})
