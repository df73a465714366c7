import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { keyOf } from "../../client/informer.ts"
import { isVerdict, judge, prepareFilters, priorityOf, type Verdict, withNode } from "../filtering.ts"
import { type ClusterView, rejectForGood, type SchedulingPlugin } from "../framework.ts"
import type { NodeState } from "../node-state.ts"
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
 * protected by a budget first, the most important first, as long as the pod still fits.
 */
export function selectVictims(
  pod: Pod,
  node: NodeState,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
  budgets: readonly PodDisruptionBudget[],
): Candidate | Verdict {
  const trial = node.copy()
  const view = withNode(cluster, trial)
  const verdict = (): Verdict | undefined => {
    // What filters learned about the pods of the cluster changes with every pod.
    const filters = prepareFilters(pod, view, plugins)
    return isVerdict(filters) ? filters : judge(pod, trial, view, plugins, filters)
  }
  const lower = [...node.pods.values()].filter((entry) => priorityOf(entry.pod) < priorityOf(pod))
  if (lower.length === 0) return NO_VICTIMS
  for (const entry of lower) trial.remove(keyOf(entry.pod))
  const withoutAll = verdict()
  if (withoutAll !== undefined) return withoutAll
  const entries = new Map(lower.map((entry) => [entry.pod, entry]))
  const { violating, others } = splitByBudgets([...entries.keys()].sort(mostImportantFirst), budgets)
  const lost = (pods: readonly Pod[]): Pod[] =>
    pods.filter((candidate) => {
      const entry = entries.get(candidate)
      if (entry === undefined) return false
      trial.add(entry)
      if (verdict() === undefined) return false
      trial.remove(keyOf(candidate))
      return true
    })
  const inSpite = lost(violating)
  const [first, ...rest] = [...inSpite, ...lost(others)].sort(mostImportantFirst)
  // It fits with all of them: whatever rejected it before has nothing to do with these pods.
  if (first === undefined) return NO_VICTIMS
  return { nodeName: node.name, victims: [first, ...rest], budgetViolations: inSpite.length }
}
