import { priorityOf } from "../filtering.ts"
import { startedAtMs } from "./importance.ts"
import type { Candidate } from "./select-victims.ts"

/** Makes every priority positive in a sum, so that few pods of low priority do not weigh more than many. */
const PRIORITY_OFFSET = 2 ** 31

/** In this order, the next one only among equals; the lower the better. */
const costs: readonly ((candidate: Candidate) => number)[] = [
  ({ budgetViolations }) => budgetViolations,
  ({ victims }) => priorityOf(victims[0]),
  ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + PRIORITY_OFFSET, 0),
  ({ victims }) => victims.length,
  // Of the most important victims, the one that runs longest should have started late. They are sorted that way.
  ({ victims }) => -startedAtMs(victims[0]),
]

const costsOf = new WeakMap<Candidate, readonly number[]>()

/** What is known about alike pods comes again and again, and so do its candidates. */
function weighed(candidate: Candidate): readonly number[] {
  let known = costsOf.get(candidate)
  if (known === undefined) costsOf.set(candidate, (known = costs.map((cost) => cost(candidate))))
  return known
}

/** The node whose loss hurts least; the first of equals. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let [best] = candidates
  if (best === undefined) return undefined
  let least = weighed(best)
  for (const candidate of candidates) {
    const mine = weighed(candidate)
    if (!isLess(mine, least)) continue
    best = candidate
    least = mine
  }
  return best
}

function isLess(left: readonly number[], right: readonly number[]): boolean {
  for (let index = 0; index < left.length; index++) {
    const mine = left[index] ?? 0
    const other = right[index] ?? 0
    if (mine !== other) return mine < other
  }
  return false
}
