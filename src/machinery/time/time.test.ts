import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { canonicalDuration, durationToMs, formatDuration, parseDuration } from "./duration.ts"
import { humanDuration } from "./human.ts"
import { canonicalMicroTime, canonicalTime, microTimeFromMs, parseInstant, timeFromMs, timeToMs } from "./timestamp.ts"

test("times become canonical", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.999Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["2023-02-29T00:00:00Z", undefined],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["2026-01-02", undefined],
    ["2026-01-02T24:00:00Z", undefined],
    ["2026-01-02t03:04:05z", undefined],
  ]
  for (const [text, expected] of cases) assert.equal(canonicalTime(text), expected, text)
  assert.equal(canonicalMicroTime("2026-01-02T03:04:05.123456+01:00"), "2026-01-02T02:04:05.123456Z")
  assert.equal(canonicalMicroTime("2026-01-02T03:04:05Z"), undefined)
  assert.equal(parseInstant("0001-01-01T00:00:00Z")?.seconds, -62135596800)
})

test("clock readings become text and back", () => {
  assert.equal(timeFromMs(1767323045999), "2026-01-02T03:04:05Z")
  assert.equal(microTimeFromMs(1767323045999.5), "2026-01-02T03:04:05.999500Z")
  assert.equal(timeToMs("2026-01-02T03:04:05.5Z"), 1767323045500)
  assert.ok(Number.isNaN(timeToMs(undefined)))
})

test("durations are spelled as in Go", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["90s", "1m30s"],
    ["1.5h", "1h30m0s"],
    ["0", "0s"],
    ["100ms", "100ms"],
    ["1500us", "1.5ms"],
    ["-2m", "-2m0s"],
    ["", undefined],
    ["5", undefined],
    [".s", undefined],
    ["9999999999h", undefined],
  ]
  for (const [text, expected] of cases) assert.equal(canonicalDuration(text), expected, text)
  assert.equal(durationToMs("1m0.5s"), 60500)
  fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (ns) => parseDuration(formatDuration(ns)) === ns))
})

test("ages are shown as kubectl shows them", () => {
  const cases: readonly (readonly [number, string])[] = [
    [-5, "<invalid>"],
    [-0.5, "0s"],
    [119, "119s"],
    [120, "2m"],
    [125, "2m5s"],
    [600, "10m"],
    [10799, "179m"],
    [10800, "3h"],
    [11000, "3h3m"],
    [86400, "24h"],
    [172800, "2d"],
    [180000, "2d2h"],
    [86400 * 8, "8d"],
    [86400 * 730, "2y"],
    [86400 * 740, "2y10d"],
    [86400 * 365 * 9, "9y"],
  ]
  for (const [seconds, expected] of cases) assert.equal(humanDuration(seconds * 1000), expected, `${seconds}`)
})
