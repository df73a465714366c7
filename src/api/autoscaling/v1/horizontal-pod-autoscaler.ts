import { int32, int64, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { Column, KubeObject, ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { autoscalerColumns } from "../v2/autoscaler-columns.ts"
import type { HorizontalPodAutoscaler as Autoscaler2 } from "../v2/horizontal-pod-autoscaler.ts"
import { toVersion2 } from "./to-version-2.ts"

export const CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  {
    kind: string(1, { doc: "The kind of the object, such as Deployment.", required: true }),
    name: string(2, { doc: "The name of the object.", required: true }),
    apiVersion: string(3, { doc: "The API version of the object." }),
  },
  { doc: "An object in the same namespace that can be scaled.", mapType: "atomic" },
)
export type CrossVersionObjectReference = TypeOf<typeof CrossVersionObjectReference>

export const HorizontalPodAutoscalerSpec = struct(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: message(1, CrossVersionObjectReference, { doc: "The workload to scale.", required: true }),
    minReplicas: int32(2, { doc: "The fewest pods. Default 1.", default: 1, pointer: true }),
    maxReplicas: int32(3, { doc: "The most pods; not less than minReplicas.", required: true }),
    targetCPUUtilizationPercentage: int32(4, {
      doc: "How busy pods should be on average, in percent of the cpu that they request. Default 80.",
      pointer: true,
    }),
  },
  { doc: "What is scaled, within which bounds and by which load." },
)
export type HorizontalPodAutoscalerSpec = TypeOf<typeof HorizontalPodAutoscalerSpec>

export const HorizontalPodAutoscalerStatus = struct(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
      pointer: true,
    }),
    lastScaleTime: time(2, { doc: "When the number of pods was last changed." }),
    currentReplicas: int32(3, { doc: "How many pods there are.", required: true }),
    desiredReplicas: int32(4, { doc: "How many pods the autoscaler wants.", required: true }),
    currentCPUUtilizationPercentage: int32(5, {
      doc: "How busy pods are on average, in percent of the cpu that they request.",
      pointer: true,
    }),
  },
  { doc: "What an autoscaler has measured and decided." },
)
export type HorizontalPodAutoscalerStatus = TypeOf<typeof HorizontalPodAutoscalerStatus>

/** Both versions show the same. */
const columns = autoscalerColumns.map(
  (column): Column<KubeObject> => ({
    ...column,
    value: (object, nowMs) => column.value(toVersion2(object) as Autoscaler2, nowMs),
  }),
)

/**
 * Runs more or fewer pods of a workload as their cpu is more or less busy.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
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
  doc: "Runs more or fewer pods of a workload as their cpu is more or less busy. Version 2 knows other measures too.",
  definition: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  columns,
  // Its rules are those of version 2, as which it is stored.
  fields: {
    spec: message(2, HorizontalPodAutoscalerSpec, { doc: "What is scaled, and by which load.", required: true }),
    status: message(3, HorizontalPodAutoscalerStatus, {
      doc: "What was measured and decided. Read only for users.",
      always: true,
    }),
  },
})
export type HorizontalPodAutoscaler = ObjectOf<typeof HorizontalPodAutoscaler>
