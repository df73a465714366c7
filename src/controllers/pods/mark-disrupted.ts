import type { Pod } from "../../api/core/v1/pod.ts"
import { condition } from "./pod-state.ts"

/**
 * A strategic merge patch of the status of a pod that ends for a reason that is not its own; undefined when the pod says so
 * already. https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
export function disruptionTarget(pod: Pod, reason: string, message: string, nowText: string) {
  const before = condition(pod, "DisruptionTarget")
  if (before?.status === "True" && before.reason === reason && before.message === message) return undefined
  const { generation } = pod.metadata
  const mark = {
    type: "DisruptionTarget",
    status: "True",
    reason,
    message,
    lastTransitionTime: before?.status === "True" ? before.lastTransitionTime : nowText,
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  return { conditions: [mark] }
}
