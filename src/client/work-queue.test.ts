import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../platform/sim/platform.ts"
import { WorkQueue } from "./work-queue.ts"

test("a key waits once however often it is added", async () => {
  const queue = new WorkQueue<string>(createSimPlatform({ seed: 1 }).clock)
  queue.add("a")
  queue.add("a")
  queue.add("b")
  assert.equal(await queue.take(), "a")
  assert.equal(await queue.take(), "b")
  assert.equal(queue.busy, 2)
})

test("a key added while worked on comes again only after done", async () => {
  const queue = new WorkQueue<string>(createSimPlatform({ seed: 1 }).clock)
  queue.add("a")
  assert.equal(await queue.take(), "a")
  queue.add("a")
  const next = queue.take()
  queue.add("b")
  assert.equal(await next, "b")
  queue.done("a")
  assert.equal(await queue.take(), "a")
})

test("failures back off exponentially and are forgotten", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const queue = new WorkQueue<string>(platform.clock, { firstMs: 10, longestMs: 25 })
  const waits: number[] = []
  for (let round = 0; round < 4; round++) {
    const before = platform.clock.monotonicMs()
    queue.addAfterFailure("a")
    await platform.advanceUntil(() => queue.busy === 1)
    assert.equal(await queue.take(), "a")
    queue.done("a")
    waits.push(platform.clock.monotonicMs() - before)
  }
  assert.deepEqual(waits, [10, 20, 25, 25])
  queue.forget("a")
  queue.addAfterFailure("a")
  const taken = queue.take()
  await platform.advance(10)
  assert.equal(await taken, "a")
})

test("of several delays the earliest counts", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const queue = new WorkQueue<string>(platform.clock)
  queue.addAfter("a", 100)
  queue.addAfter("a", 10)
  queue.addAfter("a", 50)
  const taken = queue.take()
  await platform.advance(10)
  assert.equal(await taken, "a")
  queue.done("a")
  await platform.advance(200)
  assert.equal(queue.busy, 0)
})

test("closing releases takers", async () => {
  const queue = new WorkQueue<string>(createSimPlatform({ seed: 1 }).clock)
  const taken = queue.take()
  queue.close()
  assert.equal(await taken, undefined)
  assert.equal(await queue.take(), undefined)
})
