import { type Amounts, podRequests } from "../../api/core/v1/pod-resources.ts"
import { SCORE_MAX, type SchedulingPlugin } from "../framework.ts"
import type { NodeState } from "../node-state.ts"

const RESOURCES = ["cpu", "memory"]

/** Prefers nodes whose cpu and memory would be used to a similar degree. */
export const balancedAllocation: SchedulingPlugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  preScore: (pod) => {
    const requests = podRequests(pod)
    if (RESOURCES.every((resource) => !requests.get(resource))) return undefined
    const none: Amounts = new Map()
    return {
      // What counts is whether the pod makes the balance better or worse.
      score: (node) => Math.trunc(SCORE_MAX / 2 + (SCORE_MAX / 2 + balance(node, requests) - balance(node, none)) / 2),
    }
  },
}

function balance(node: NodeState, added: Amounts): number {
  const used = RESOURCES.flatMap((resource) => {
    const capacity = node.allocatable.get(resource) ?? 0
    if (capacity === 0) return []
    return [Math.min(1, ((node.requested.get(resource) ?? 0) + (added.get(resource) ?? 0)) / capacity)]
  })
  const mean = used.reduce((sum, share) => sum + share, 0) / Math.max(1, used.length)
  const variance = used.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, used.length)
  return Math.trunc((1 - Math.sqrt(variance)) * SCORE_MAX)
}
