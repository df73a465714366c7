import assert from "node:assert/strict"
import { test } from "node:test"
import { pod } from "../testing.ts"
import { pickCandidate } from "./pick-candidate.ts"
import type { Candidate } from "./select-victims.ts"

function candidate(nodeName: string, priorities: readonly number[], startTime?: string, budgetViolations = 0) {
  const victims = priorities.map((priority) => {
    const victim = pod("victim", { priority })
    return { ...victim, status: { ...victim.status, ...(startTime !== undefined && { startTime }) } }
  })
  return { nodeName, victims, budgetViolations } as unknown as Candidate
}

const cases: readonly { readonly name: string; readonly of: readonly Candidate[]; readonly want?: string }[] = [
  { name: "nothing of nothing", of: [] },
  { name: "the first of equals", of: [candidate("a", [1]), candidate("b", [1])], want: "a" },
  {
    name: "the fewest broken budgets, before all else",
    of: [candidate("a", [1], undefined, 1), candidate("b", [9, 9])],
    want: "b",
  },
  {
    name: "the least important of the most important victims",
    of: [candidate("a", [5]), candidate("b", [4, 4, 4])],
    want: "b",
  },
  { name: "the lowest sum", of: [candidate("a", [5, 4]), candidate("b", [5, 3])], want: "b" },
  {
    name: "few rather than many of negative priority",
    of: [candidate("a", [-1, -9]), candidate("b", [-1])],
    want: "b",
  },
  {
    name: "the one whose victims started last",
    of: [candidate("a", [5], "2026-01-01T00:00:00Z"), candidate("b", [5], "2026-01-02T00:00:00Z")],
    want: "b",
  },
  {
    name: "one that has not started",
    of: [candidate("a", [5], "2026-01-01T00:00:00Z"), candidate("b", [5])],
    want: "b",
  },
]

for (const { name, of, want } of cases) test(`picks ${name}`, () => assert.equal(pickCandidate(of)?.nodeName, want))
