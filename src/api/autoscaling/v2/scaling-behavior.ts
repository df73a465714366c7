import { int32, list, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const HPAScalingPolicy = struct(
  "io.k8s.api.autoscaling.v2.HPAScalingPolicy",
  {
    type: string(1, {
      doc: "How value is meant: Pods is a number, Percent a share of the current pods.",
      required: true,
    }),
    value: int32(2, { doc: "The most that may change within the period; more than 0.", required: true }),
    periodSeconds: int32(3, { doc: "The length of the period in seconds, 1 to 1800.", required: true }),
  },
  { doc: "How much may change within some time." },
)
export type HPAScalingPolicy = TypeOf<typeof HPAScalingPolicy>

export const HPAScalingRules = struct(
  "io.k8s.api.autoscaling.v2.HPAScalingRules",
  {
    stabilizationWindowSeconds: int32(3, {
      doc: "Over how many past seconds the most cautious wish counts, 0 to 3600. Default 0 for growing and 300 for shrinking.",
      pointer: true,
    }),
    selectPolicy: string(1, {
      doc: "Which policy decides: Max (the default) the one that allows most, Min the one that allows least, Disabled none: no change.",
      pointer: true,
    }),
    policies: list(2, HPAScalingPolicy, {
      doc: "The limits. Default for growing: 4 pods or 100% in 15 seconds; for shrinking: 100% in 15 seconds.",
      listType: "atomic",
    }),
    tolerance: quantity(4, {
      doc: "How far the measure may be off its target, as a share such as 0.05, before anything changes. Default 0.1.",
    }),
  },
  { doc: "How fast the number of pods may change in one direction." },
)
export type HPAScalingRules = TypeOf<typeof HPAScalingRules>

export const HorizontalPodAutoscalerBehavior = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
  {
    scaleUp: message(1, HPAScalingRules, {
      doc: "Rules for growing. Default: at once, at most doubling or 4 pods every 15 seconds.",
    }),
    scaleDown: message(2, HPAScalingRules, {
      doc: "Rules for shrinking. Default: to the highest number wanted in the last 5 minutes.",
    }),
  },
  { doc: "How fast the number of pods may grow and shrink." },
)
export type HorizontalPodAutoscalerBehavior = TypeOf<typeof HorizontalPodAutoscalerBehavior>
