import type { Pod } from "../../api/core/v1/pod.ts"
import { podRequests } from "../../api/core/v1/pod-resources.ts"
import { type Rejection, SCORE_MAX, type SchedulingPlugin } from "../framework.ts"
import { type NodeState, placed } from "../node-state.ts"

/** Room for the pod's requests, and a preference for nodes with much left (LeastAllocated). */
export const nodeResourcesFit: SchedulingPlugin = {
  name: "NodeResourcesFit",
  weight: 1,
  preFilter: (pod) => {
    const requests = [...podRequests(pod)].filter(([, amount]) => amount > 0)
    return (node) => fit(node, requests)
  },
  preScore: (pod) => {
    const { scoringRequests } = placed(pod)
    return {
      score: (node) => {
        const shares = ["cpu", "memory"].flatMap((resource) => {
          const capacity = node.allocatable.get(resource) ?? 0
          if (capacity === 0) return []
          const requested = (node.scoringRequested.get(resource) ?? 0) + (scoringRequests.get(resource) ?? 0)
          return [requested > capacity ? 0 : Math.trunc(((capacity - requested) * SCORE_MAX) / capacity)]
        })
        return shares.length === 0 ? 0 : Math.trunc(shares.reduce((sum, share) => sum + share, 0) / shares.length)
      },
    }
  },
  wakesOn: [
    { on: "node-added" },
    {
      on: "node-updated",
      helps: (_, event) =>
        event.type === "node-updated" &&
        JSON.stringify(event.node.status.allocatable) !== JSON.stringify(event.previous.status.allocatable),
    },
    { on: "pod-deleted" },
    { on: "pod-updated", helps: (_, event) => event.type === "pod-updated" && shrank(event.pod, event.previous) },
    { on: "changed-itself" },
  ],
}

function shrank(pod: Pod, previous: Pod): boolean {
  const now = podRequests(pod)
  return [...podRequests(previous)].some(([resource, amount]) => (now.get(resource) ?? 0) < amount)
}

function fit(node: NodeState, requests: readonly (readonly [string, number])[]): Rejection | undefined {
  const reasons: string[] = []
  let unresolvable = false
  if (node.pods.size + 1 > node.podsMax) {
    reasons.push("Too many pods")
    unresolvable ||= node.podsMax === 0
  }
  for (const [resource, amount] of requests) {
    const allocatable = node.allocatable.get(resource) ?? 0
    if (amount <= allocatable - (node.requested.get(resource) ?? 0)) continue
    reasons.push(`Insufficient ${resource}`)
    unresolvable ||= amount > allocatable
  }
  return reasons.length === 0 ? undefined : { reasons, unresolvable }
}
