import assert from "node:assert/strict"
import { test } from "node:test"
import { deadline } from "./deadline.ts"

/** A clock whose timers fire when told, however late. */
function lateClock() {
  let nowMs = 0
  let pending: { readonly atMs: number; readonly fire: () => void } | undefined
  return {
    monotonicMs: () => nowMs,
    after(ms: number, fire: () => void) {
      pending = { atMs: nowMs + ms, fire }
      return { cancel() {} }
    },
    fireLate(ms: number) {
      const due = pending
      assert.ok(due)
      nowMs = due.atMs + ms
      due.fire()
      return nowMs
    },
  }
}

test("fires on time when nothing held the process up", () => {
  const clock = lateClock()
  const fired: number[] = []
  deadline(clock, 1000, () => fired.push(clock.monotonicMs()))
  clock.fireLate(1)
  assert.deepEqual(fired, [1001])
})

test("gives what was held up the time that was lost, but not for ever", () => {
  const clock = lateClock()
  const fired: number[] = []
  deadline(clock, 1000, () => fired.push(clock.monotonicMs()))
  assert.deepEqual([clock.fireLate(400), clock.fireLate(100), clock.fireLate(100)], [1400, 1900, 2100])
  assert.deepEqual(fired, [])
  clock.fireLate(100)
  assert.deepEqual(fired, [2300])
})
