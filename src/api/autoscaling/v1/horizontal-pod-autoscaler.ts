import { int32, int64, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  {
    kind: string(1, { doc: "", required: true }),
    name: string(2, { doc: "", required: true }),
    apiVersion: string(3, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type CrossVersionObjectReference = TypeOf<typeof CrossVersionObjectReference>

export const HorizontalPodAutoscalerSpec = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: message(1, CrossVersionObjectReference, { doc: "", required: true }),
  minReplicas: int32(2, { doc: "", pointer: true }),
  maxReplicas: int32(3, { doc: "", required: true }),
  targetCPUUtilizationPercentage: int32(4, { doc: "", pointer: true }),
})
export type HorizontalPodAutoscalerSpec = TypeOf<typeof HorizontalPodAutoscalerSpec>

export const HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", {
  observedGeneration: int64(1, { doc: "", pointer: true }),
  lastScaleTime: time(2, { doc: "" }),
  currentReplicas: int32(3, { doc: "", required: true }),
  desiredReplicas: int32(4, { doc: "", required: true }),
  currentCPUUtilizationPercentage: int32(5, { doc: "", pointer: true }),
})
export type HorizontalPodAutoscalerStatus = TypeOf<typeof HorizontalPodAutoscalerStatus>

/** TODO(doc) */
export const HorizontalPodAutoscaler = defineResource({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  fields: {
    spec: message(2, HorizontalPodAutoscalerSpec, { doc: "", required: true }),
    status: message(3, HorizontalPodAutoscalerStatus, { doc: "", always: true }),
  },
})
export type HorizontalPodAutoscaler = ObjectOf<typeof HorizontalPodAutoscaler>
