import type { HorizontalPodAutoscalerCondition } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"

type Conditions = readonly HorizontalPodAutoscalerCondition[]

/** The conditions with one of them as it is now; a new one comes last. Its time is when its status last changed. */
export function withCondition(
  conditions: Conditions,
  [type, holds, reason, message]: readonly [
    type: "AbleToScale" | "ScalingActive" | "ScalingLimited",
    holds: boolean,
    reason: string,
    message: string,
  ],
  nowMs: number,
): Conditions {
  const status = holds ? "True" : "False"
  const found = conditions.find((condition) => condition.type === type)
  const lastTransitionTime = (found?.status === status ? found.lastTransitionTime : undefined) ?? timeFromMs(nowMs)
  const condition = { type, status, reason, message, lastTransitionTime }
  return found === undefined
    ? [...conditions, condition]
    : conditions.map((each) => (each === found ? condition : each))
}
