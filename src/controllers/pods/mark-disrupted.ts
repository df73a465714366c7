import { disruptionTarget, disruptionTargetOf } from "../../api/core/v1/disruption-target.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/**
 * A strategic merge patch of the status of a pod that ends for a reason that is not its own; undefined when the pod says so
 * already.
 */
export function markDisrupted(pod: Pod, reason: string, message: string, nowText: string) {
  const before = disruptionTargetOf(pod)
  if (before?.status === "True" && before.reason === reason && before.message === message) return undefined
  return { conditions: [disruptionTarget(pod, { status: "True", reason, message }, nowText)] }
}
