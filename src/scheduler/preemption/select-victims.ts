import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { judge, type Plans, priorityOf, tryPut, tryTake } from "../filtering.ts"
import { rejectForGood } from "../framework.ts"
import { type NodeState, placed } from "../node-state.ts"
import type { Verdict } from "../verdicts.ts"
import { splitByBudgets } from "./disruption-budgets.ts"
import { mostImportantFirst } from "./importance.ts"

/** A node on which the pod would fit without these pods. */
export interface Candidate {
  readonly nodeName: string
  /** The most important one first; at least one. */
  readonly victims: readonly [Pod, ...Pod[]]
  /** How many victims are lost in spite of a disruption budget. */
  readonly budgetViolations: number
}

export const PREEMPTION = "DefaultPreemption"
const NO_VICTIMS: Verdict = {
  plugin: PREEMPTION,
  rejection: rejectForGood("No preemption victims found for incoming pod"),
}

/**
 * The fewest pods of lower priority that have to leave a node: all are taken away, then brought back one by one, those
 * protected by a budget first, the most important first, as long as the pod still fits. In the end all are back.
 */
export function selectVictims(
  plans: Plans,
  node: NodeState,
  budgets: readonly PodDisruptionBudget[],
): Candidate | Verdict {
  const priority = priorityOf(plans.pod)
  const lower: Pod[] = []
  for (const entry of node.pods.values()) if (entry.priority < priority) lower.push(entry.pod)
  if (lower.length === 0) return NO_VICTIMS
  const away = new Set(lower)
  const before = [...node.pods.values()]
  for (const victim of lower) tryTake(plans, placed(victim), node)
  try {
    const withoutAll = judge(plans, node)
    if (withoutAll !== undefined) return withoutAll
    const lost = (candidates: readonly Pod[]): Pod[] =>
      candidates.filter((candidate) => {
        tryPut(plans, placed(candidate), node)
        if (judge(plans, node) === undefined) {
          away.delete(candidate)
          return false
        }
        tryTake(plans, placed(candidate), node)
        return true
      })
    const { violating, others } = splitByBudgets(lower.sort(mostImportantFirst), budgets)
    const inSpite = lost(violating)
    const [first, ...rest] = [...inSpite, ...lost(others)].sort(mostImportantFirst)
    // It fits with all of them: whatever rejected it before has nothing to do with these pods.
    if (first === undefined) return NO_VICTIMS
    return { nodeName: node.name, victims: [first, ...rest], budgetViolations: inSpite.length }
  } finally {
    for (const victim of away) tryPut(plans, placed(victim), node)
    node.reorder(before)
  }
}
