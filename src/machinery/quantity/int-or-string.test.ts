import assert from "node:assert/strict"
import { test } from "node:test"
import { type IntOrString, resolveCount } from "./int-or-string.ts"

test("counts and percentages resolve", () => {
  const cases: readonly (readonly [IntOrString, number, boolean, number])[] = [
    [3, 10, true, 3],
    ["25%", 10, true, 3],
    ["25%", 10, false, 2],
    ["0%", 10, true, 0],
    ["100%", 7, false, 7],
  ]
  for (const [value, total, roundUp, expected] of cases) assert.equal(resolveCount(value, total, roundUp), expected)
  assert.throws(() => resolveCount("3", 10, true), /string is not a percentage/)
})
