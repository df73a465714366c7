import assert from "node:assert/strict"
import { test } from "node:test"
import type { Platform } from "./platform.ts"

export interface ConformanceSubject {
  readonly platform: Platform
  /** Lets `ms` of the platform's time pass. */
  pass(ms: number): Promise<void>
}

/** What every platform must do. Registers tests; call it from a test file. */
export function testPlatform(name: string, subject: () => ConformanceSubject): void {
  testClock(name, subject)
  testRandom(name, subject)
}

function testClock(name: string, subject: () => ConformanceSubject): void {
  test(`${name}: timers fire in order of their time, and once`, async () => {
    const { platform, pass } = subject()
    const fired: string[] = []
    platform.clock.after(6, () => fired.push("b"))
    platform.clock.after(1, () => fired.push("a"))
    await pass(30)
    assert.deepEqual(fired, ["a", "b"])
  })

  test(`${name}: a cancelled timer never fires, and cancelling again does nothing`, async () => {
    const { platform, pass } = subject()
    let fired = false
    const timer = platform.clock.after(1, () => {
      fired = true
    })
    timer.cancel()
    timer.cancel()
    await pass(5)
    assert.equal(fired, false)
  })

  test(`${name}: both clocks move on`, async () => {
    const { platform, pass } = subject()
    const before = [platform.clock.nowMs(), platform.clock.monotonicMs()] as const
    await pass(5)
    // A real timer may fire a fraction of a millisecond early.
    assert(platform.clock.nowMs() - before[0] >= 4)
    assert(platform.clock.monotonicMs() - before[1] >= 4)
  })

  test(`${name}: a sleep ends in time, or with the reason of its signal`, async () => {
    const { platform, pass } = subject()
    const slept = platform.clock.sleep(2).then(() => "slept")
    const reason = new Error("enough")
    const abort = new AbortController()
    const aborted = assert.rejects(platform.clock.sleep(60_000, abort.signal), reason)
    await pass(10)
    assert.equal(await slept, "slept")
    abort.abort(reason)
    await aborted
    await assert.rejects(platform.clock.sleep(1, abort.signal), reason)
  })
}

function testRandom(name: string, subject: () => ConformanceSubject): void {
  test(`${name}: random values have the promised form`, () => {
    const { random } = subject().platform
    assert.equal(random.bytes(33).length, 33)
    const uuids = new Set(Array.from({ length: 200 }, () => random.uuid()))
    assert.equal(uuids.size, 200)
    for (const uuid of uuids) assert.match(uuid, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    for (let i = 0; i < 200; i++) {
      const float = random.float()
      assert(float >= 0 && float < 1)
    }
    assert.deepEqual(new Set(Array.from({ length: 200 }, () => random.int(3))), new Set([0, 1, 2]))
    assert.throws(() => random.int(0), RangeError)
  })
}
