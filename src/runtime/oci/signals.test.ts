import assert from "node:assert/strict"
import { test } from "node:test"
import { signalNumber } from "./signals.ts"

const cases = [
  ["SIGTERM", 15],
  ["TERM", 15],
  ["sigquit", 3],
  ["9", 9],
  ["SIGRTMIN+3", 37],
  ["SIGRTMAX-1", 63],
  ["RTMIN", 34],
  ["SIGRTMIN+99", 15],
  ["0", 15],
  ["SIGNONE", 15],
  ["constructor", 15],
] as const

for (const [name, number] of cases) {
  test(`signal ${name} is ${number}`, () => assert.equal(signalNumber(name), number))
}
