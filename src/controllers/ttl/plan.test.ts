import assert from "node:assert/strict"
import { test } from "node:test"
import { nextStep, secondsOf } from "./plan.ts"

const cases = [
  { from: 0, nodes: 100, want: 0 },
  { from: 0, nodes: 101, want: 15 },
  { from: 1, nodes: 90, want: 15 },
  { from: 1, nodes: 89, want: 0 },
  { from: 0, nodes: 5000, want: 300 },
  { from: 4, nodes: 1800, want: 300 },
  { from: 4, nodes: 1799, want: 60 },
]
for (const { from, nodes, want } of cases) {
  test(`from step ${from}, ${nodes} nodes mean ${want} s`, () => assert.equal(secondsOf(nextStep(from, nodes)), want))
}
