import type { Pod } from "../../api/core/v1/pod.ts"
import { condition, isReady } from "./pod-state.ts"

export const podDeletionCost = "controller.kubernetes.io/pod-deletion-cost"

/** What is known about a pod's surroundings when choosing whom to delete. */
export interface DeletionContext {
  readonly nowMs: number
  /** How many pods of the same workload run on a node, by node name. */
  readonly neighboursOn: ReadonlyMap<string, number>
}

const phaseRank = new Map([
  ["Pending", 0],
  ["", 1],
  ["Unknown", 1],
  ["Running", 2],
])

/**
 * Orders pods so that the first cost least to lose: unassigned, pending, not ready, low deletion cost, on crowded
 * nodes, ready for the shortest time, restarted most often, newest.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
 */
export function cheapestToLoseFirst(context: DeletionContext): (a: Pod, b: Pod) => number {
  return (a, b) => {
    for (const rank of ranks) {
      const difference = rank(a, context) - rank(b, context)
      if (difference !== 0) return difference
    }
    return a.metadata.name < b.metadata.name ? -1 : 1
  }
}

const ranks: readonly ((pod: Pod, context: DeletionContext) => number)[] = [
  (pod) => (pod.spec.nodeName ? 1 : 0),
  (pod) => phaseRank.get(pod.status.phase ?? "") ?? 1,
  (pod) => (isReady(pod) ? 1 : 0),
  deletionCost,
  (pod, { neighboursOn }) => -(neighboursOn.get(pod.spec.nodeName ?? "") ?? 0),
  // Ages are compared by order of magnitude, so that a scale-down does not always hit the same generation.
  (pod, { nowMs }) => logarithm(nowMs - timeOf(condition(pod, "Ready")?.lastTransitionTime, nowMs)),
  (pod) => -restarts(pod),
  (pod, { nowMs }) => logarithm(nowMs - timeOf(pod.metadata.creationTimestamp, nowMs)),
]

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[podDeletionCost]
  const cost = text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0
  return Math.abs(cost) <= 2 ** 31 ? cost : 0
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount))
}

function timeOf(text: string | undefined, fallbackMs: number): number {
  return text === undefined ? fallbackMs : Date.parse(text)
}

function logarithm(ageMs: number): number {
  return ageMs < 1000 ? 0 : Math.floor(Math.log2(ageMs / 1000)) + 1
}
