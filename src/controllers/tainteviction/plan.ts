import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { tolerates } from "../../api/core/v1/taints.ts"

/**
 * When a pod has to leave its tainted node: "now", "never", or a wall-clock time in milliseconds.
 * A taint whose `timeAdded` is missing counts from `nowMs`.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function evictionTime(pod: Pod, node: Node | undefined, nowMs: number): "now" | "never" | number {
  const taints = (node?.spec.taints ?? []).filter(({ effect }) => effect === "NoExecute")
  if (taints.length === 0) return "never"
  const used = (pod.spec.tolerations ?? []).filter((toleration) => taints.some((taint) => tolerates(toleration, taint)))
  if (!taints.every((taint) => used.some((toleration) => tolerates(toleration, taint)))) return "now"
  // The shortest of the tolerations that are needed decides; those without a time last for ever.
  const seconds = used.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [tolerationSeconds]))
  if (seconds.length === 0) return "never"
  const shortest = Math.min(...seconds)
  if (shortest <= 0) return "now"
  const since = Math.min(...taints.map(({ timeAdded }) => (timeAdded === undefined ? nowMs : Date.parse(timeAdded))))
  return since + shortest * 1000
}
