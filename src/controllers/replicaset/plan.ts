import type { Pod } from "../../api/core/v1/pod.ts"
import { cheapestToLoseFirst } from "../pods/deletion-order.ts"
import { availableAtMs, isActive, isReady, isTerminating } from "../pods/pod-state.ts"

export type Step = { readonly do: "create"; readonly count: number } | { readonly do: "delete"; readonly pod: Pod }

/** At most so many pods are created or deleted in one run. */
export const burstMax = 500

/** What a set of identical pods asks for: the part that ReplicaSet and ReplicationController share. */
export interface Wanted {
  readonly replicas: number
  readonly minReadySeconds: number
  readonly templateLabels: Readonly<Record<string, string>>
}

/**
 * The fewest steps from the pods that exist to the number wanted.
 * `related` are the pods of all sets of the same owner; a node crowded by them loses a pod first.
 */
export function plan(
  wanted: Wanted,
  pods: readonly Pod[],
  related: () => readonly Pod[],
  nowMs: number,
): readonly Step[] {
  const active = pods.filter(isActive)
  const missing = wanted.replicas - active.length
  if (missing > 0) return [{ do: "create", count: Math.min(missing, burstMax) }]
  if (missing === 0) return []
  const order = cheapestToLoseFirst({ nowMs, neighboursOn: countByNode(related()) })
  return active
    .toSorted(order)
    .slice(0, Math.min(-missing, burstMax))
    .map((pod) => ({ do: "delete", pod }))
}

function countByNode(pods: readonly Pod[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const pod of pods.filter(isActive)) {
    const node = pod.spec.nodeName
    if (node) counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return counts
}

export interface Counts {
  readonly replicas: number
  readonly fullyLabeledReplicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly terminatingReplicas: number
  /** When the next ready pod becomes available, if one is waiting for its minReadySeconds. */
  readonly nextAvailableMs?: number
}

/** How far the pods are; for the status. */
export function count(wanted: Wanted, pods: readonly Pod[], nowMs: number): Counts {
  const labels = Object.entries(wanted.templateLabels)
  const counts = {
    replicas: 0,
    fullyLabeledReplicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    terminatingReplicas: 0,
  }
  let nextAvailableMs = Infinity
  for (const pod of pods) {
    if (isTerminating(pod)) counts.terminatingReplicas++
    if (!isActive(pod)) continue
    counts.replicas++
    if (labels.every(([key, value]) => pod.metadata.labels?.[key] === value)) counts.fullyLabeledReplicas++
    const atMs = availableAtMs(pod, wanted.minReadySeconds)
    if (isReady(pod)) counts.readyReplicas++
    if (atMs === undefined) continue
    if (atMs <= nowMs) counts.availableReplicas++
    else nextAvailableMs = Math.min(nextAvailableMs, atMs)
  }
  return { ...counts, ...(nextAvailableMs < Infinity && { nextAvailableMs }) }
}
