import type { Draft } from "../../../machinery/schema/schema.ts"
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from "./scaling-behavior.ts"

/** Doubles at once, or adds four pods where that is more. */
const UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
}
/** The window is a setting of the controller. */
const DOWN: HPAScalingRules = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
}

/** Whoever says something about how fast pods come and go gets the rest filled in, for both directions. */
export function defaultBehavior(behavior: Draft<HorizontalPodAutoscalerBehavior>): void {
  behavior.scaleUp = { ...structuredClone(UP), ...behavior.scaleUp } as Draft<HPAScalingRules>
  behavior.scaleDown = { ...structuredClone(DOWN), ...behavior.scaleDown } as Draft<HPAScalingRules>
}
