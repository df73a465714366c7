import type { Pod } from "./pod.ts"
import type { PodCondition } from "./pod-status.ts"

export const DISRUPTION_TARGET = "DisruptionTarget"

/** What a pod says of whether it ends for a reason that is not its own. */
export function disruptionTargetOf({ status }: Pick<Pod, "status">): PodCondition | undefined {
  return status.conditions?.find(({ type }) => type === DISRUPTION_TARGET)
}

/** What it is to say; `null` takes away a reason or message in a merge patch. */
export interface Disruption<Text extends string | null> {
  readonly status: "True" | "False"
  readonly reason: Text
  readonly message: Text
}

/**
 * The condition that says so. The time of its last transition only moves when its status changes.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
export function disruptionTarget<Text extends string | null>(
  pod: Pick<Pod, "metadata" | "status">,
  says: Disruption<Text>,
  nowText: string,
) {
  const before = disruptionTargetOf(pod)
  const { generation } = pod.metadata
  return {
    type: DISRUPTION_TARGET,
    ...says,
    lastTransitionTime: (before?.status === says.status && before.lastTransitionTime) || nowText,
    ...(generation !== undefined && { observedGeneration: generation }),
  }
}
