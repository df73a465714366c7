import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { getHeapStatistics } from "node:v8"
import { runInNewContext } from "node:vm"
import { giveBackMemory } from "./give-back-memory.ts"

const GARBAGE_BYTES = 64_000_000

/** Old enough that V8 has room for it elsewhere than for what is young. */
function heapAfterGarbage(): number {
  const kept = Array.from({ length: GARBAGE_BYTES / 800 }, (_, at) => Array.from({ length: 100 }, () => at))
  assert.equal(kept.at(-1)?.length, 100)
  return getHeapStatistics().total_heap_size
}

describe("giveBackMemory", () => {
  test("returns what nothing holds any more", () => {
    const busyBytes = heapAfterGarbage()
    giveBackMemory()
    assert.ok(busyBytes - getHeapStatistics().total_heap_size > GARBAGE_BYTES / 2)
  })

  test("leaves V8's flags as they are", () => {
    giveBackMemory()
    assert.equal(runInNewContext("typeof gc"), "undefined")
  })
})
