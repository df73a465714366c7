import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { timeoutOf, within } from "./timeout.ts"

const of = (text: string) => timeoutOf(new URLSearchParams({ timeout: text }))

test("reads the time that a client gives a request", () => {
  assert.equal(timeoutOf(new URLSearchParams()), 60_000)
  const cases: readonly (readonly [string, number])[] = [
    ["", 60_000],
    ["1s", 1000],
    ["1m30s", 60_000],
    ["0s", 60_000],
    ["-5s", 60_000],
    ["1.5ms", 1.5],
  ]
  for (const [text, expected] of cases) assert.equal(of(text), expected, text)
})

test("refuses what is no time, in Go's words", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["10", 'time: missing unit in duration "10"'],
    ["10x", 'time: unknown unit "x" in duration "10x"'],
    ["soon", 'time: invalid duration "soon"'],
  ]
  for (const [text, problem] of cases) {
    assert.throws(() => of(text), { code: 400, message: `invalid timeout specified in the request URL - ${problem}` })
  }
})

test("an answer that takes too long is a 504", async () => {
  const { clock } = createSimPlatform({ seed: 1 })
  assert.equal(await within(undefined, Promise.resolve(1), clock), 1)
  assert.equal(await within(10, Promise.resolve(2), clock), 2)
  const late = assert.rejects(within(10, clock.sleep(20), clock), {
    code: 504,
    reason: "Timeout",
    message: "Timeout: request did not complete within requested timeout - context deadline exceeded",
  })
  await clock.advance(20)
  await late
})
