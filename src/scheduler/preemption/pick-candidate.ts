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

/** The node whose loss hurts least; the first of equals. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let best = candidates
  for (const cost of costs) {
    const least = best.reduce((min, candidate) => Math.min(min, cost(candidate)), Number.POSITIVE_INFINITY)
    best = best.filter((candidate) => cost(candidate) === least)
  }
  return best[0]
}
