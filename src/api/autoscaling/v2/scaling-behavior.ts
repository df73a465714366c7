import { int32, list, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const HPAScalingPolicy = struct("io.k8s.api.autoscaling.v2.HPAScalingPolicy", {
  type: string(1, { doc: "", required: true }),
  value: int32(2, { doc: "", required: true }),
  periodSeconds: int32(3, { doc: "", required: true }),
})
export type HPAScalingPolicy = TypeOf<typeof HPAScalingPolicy>

export const HPAScalingRules = struct("io.k8s.api.autoscaling.v2.HPAScalingRules", {
  stabilizationWindowSeconds: int32(3, { doc: "", pointer: true }),
  selectPolicy: string(1, { doc: "", pointer: true }),
  policies: list(2, HPAScalingPolicy, { doc: "", listType: "atomic" }),
  tolerance: quantity(4, { doc: "" }),
})
export type HPAScalingRules = TypeOf<typeof HPAScalingRules>

export const HorizontalPodAutoscalerBehavior = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", {
  scaleUp: message(1, HPAScalingRules, { doc: "" }),
  scaleDown: message(2, HPAScalingRules, { doc: "" }),
})
export type HorizontalPodAutoscalerBehavior = TypeOf<typeof HorizontalPodAutoscalerBehavior>
