import type { Pod } from "../../api/core/v1/pod.ts"

/** As Kubernetes' default for --terminated-pod-gc-threshold. */
export const endedPodsMax = 12_500

/** The pods to remove by force: on a node that is gone, never bound and going, or the oldest of too many ended ones. */
export function collectable(pods: readonly Pod[], nodes: ReadonlySet<string>): readonly Pod[] {
  const lost = pods.filter((pod) => isLost(pod, nodes))
  const ended = pods
    .filter((pod) => pod.status.phase === "Succeeded" || pod.status.phase === "Failed")
    .filter((pod) => !lost.includes(pod))
    .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
  return [...lost, ...ended.slice(0, Math.max(0, ended.length - endedPodsMax))]
}

function isLost(pod: Pod, nodes: ReadonlySet<string>): boolean {
  const node = pod.spec.nodeName
  if (node) return !nodes.has(node)
  return pod.metadata.deletionTimestamp !== undefined
}
