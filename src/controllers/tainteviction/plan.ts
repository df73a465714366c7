import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { tolerates } from "../../api/core/v1/taints.ts"

/**
 * How long a pod may stay on its node because of `NoExecute` taints: a time in milliseconds since it is to be asked,
 * "now" when it does not tolerate one, "never" when nothing drives it away.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function evictAfterMs(pod: Pod, node: Node | undefined): "now" | "never" | number {
  const taints = (node?.spec.taints ?? []).filter(({ effect }) => effect === "NoExecute")
  if (taints.length === 0) return "never"
  const used = taints.map((taint) => (pod.spec.tolerations ?? []).find((toleration) => tolerates(toleration, taint)))
  if (used.includes(undefined)) return "now"
  // The shortest of the tolerations decides; those without a time last for ever.
  const seconds = Math.min(...used.map((toleration) => toleration?.tolerationSeconds ?? Number.POSITIVE_INFINITY))
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : "never"
}
