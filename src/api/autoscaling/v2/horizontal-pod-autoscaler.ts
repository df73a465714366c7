import { int32, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { CrossVersionObjectReference, MetricSpec } from "./metric-spec.ts"
import { MetricStatus } from "./metric-status.ts"
import { HorizontalPodAutoscalerBehavior } from "./scaling-behavior.ts"

export const HorizontalPodAutoscalerSpec = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: message(1, CrossVersionObjectReference, { doc: "", required: true }),
  minReplicas: int32(2, { doc: "", pointer: true }),
  maxReplicas: int32(3, { doc: "", required: true }),
  metrics: list(4, MetricSpec, { doc: "", listType: "atomic" }),
  behavior: message(5, HorizontalPodAutoscalerBehavior, { doc: "" }),
})
export type HorizontalPodAutoscalerSpec = TypeOf<typeof HorizontalPodAutoscalerSpec>

export const HorizontalPodAutoscalerCondition = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type HorizontalPodAutoscalerCondition = TypeOf<typeof HorizontalPodAutoscalerCondition>

export const HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", {
  observedGeneration: int64(1, { doc: "", pointer: true }),
  lastScaleTime: time(2, { doc: "" }),
  currentReplicas: int32(3, { doc: "" }),
  desiredReplicas: int32(4, { doc: "", required: true }),
  currentMetrics: list(5, MetricStatus, { doc: "", always: true, listType: "atomic" }),
  conditions: list(6, HorizontalPodAutoscalerCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type HorizontalPodAutoscalerStatus = TypeOf<typeof HorizontalPodAutoscalerStatus>

/** TODO(doc) */
export const HorizontalPodAutoscaler = defineResource({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  fields: {
    spec: message(2, HorizontalPodAutoscalerSpec, { doc: "", required: true }),
    status: message(3, HorizontalPodAutoscalerStatus, { doc: "", always: true }),
  },
})
export type HorizontalPodAutoscaler = ObjectOf<typeof HorizontalPodAutoscaler>
