import { int32, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { autoscalerColumns } from "./autoscaler-columns.ts"
import { defaultBehavior } from "./behavior-defaults.ts"
import { CrossVersionObjectReference, MetricSpec } from "./metric-spec.ts"
import { MetricStatus } from "./metric-status.ts"
import { dropRoundTripAnnotations } from "./round-trip-annotations.ts"
import { HorizontalPodAutoscalerBehavior } from "./scaling-behavior.ts"
import {
  validateAutoscalerStatus,
  validateAutoscalerUpdate,
  validateNewAutoscaler,
} from "./validation/horizontal-pod-autoscaler.ts"

export const HorizontalPodAutoscalerSpec = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: message(1, CrossVersionObjectReference, { doc: "The workload to scale.", required: true }),
    minReplicas: int32(2, { doc: "The fewest pods. Default 1.", default: 1, pointer: true }),
    maxReplicas: int32(3, { doc: "The most pods; not less than minReplicas.", required: true }),
    metrics: list(4, MetricSpec, {
      doc: "The measures and their targets; the one that wants the most pods decides. Default: cpu at 80% of what is requested.",
      listType: "atomic",
    }),
    behavior: message(5, HorizontalPodAutoscalerBehavior, { doc: "How fast the number of pods may grow and shrink." }),
  },
  { doc: "What is scaled, within which bounds and by which measures." },
)
export type HorizontalPodAutoscalerSpec = TypeOf<typeof HorizontalPodAutoscalerSpec>

export const HorizontalPodAutoscalerCondition = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition",
  {
    type: string(1, { doc: "The aspect: AbleToScale, ScalingActive or ScalingLimited.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how an autoscaler is doing." },
)
export type HorizontalPodAutoscalerCondition = TypeOf<typeof HorizontalPodAutoscalerCondition>

export const HorizontalPodAutoscalerStatus = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
      pointer: true,
    }),
    lastScaleTime: time(2, { doc: "When the number of pods was last changed." }),
    currentReplicas: int32(3, { doc: "How many pods there are." }),
    desiredReplicas: int32(4, { doc: "How many pods the autoscaler wants.", required: true }),
    currentMetrics: list(5, MetricStatus, { doc: "What was measured last.", always: true, listType: "atomic" }),
    conditions: list(6, HorizontalPodAutoscalerCondition, {
      doc: "Whether the autoscaler works, and what holds it back.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "What an autoscaler has measured and decided." },
)
export type HorizontalPodAutoscalerStatus = TypeOf<typeof HorizontalPodAutoscalerStatus>

const CPU_UTILIZATION = 80

function defaultSpec(spec: Draft<HorizontalPodAutoscalerSpec>): void {
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: "Utilization", averageUtilization: CPU_UTILIZATION }
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }]
  }
  if (spec.behavior) defaultBehavior(spec.behavior)
}

/**
 * Runs more or fewer pods of a workload as some measure, such as cpu, goes up or down.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
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
  doc: "Runs more or fewer pods of a workload as some measure, such as cpu, goes up or down.",
  definition: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  columns: autoscalerColumns,
  defaults: ({ metadata, spec }) => {
    dropRoundTripAnnotations(metadata)
    defaultSpec(spec)
  },
  strategy: {
    unconditionalUpdate: true,
    validateCreate: validateNewAutoscaler,
    validateUpdate: validateAutoscalerUpdate,
    validateStatusUpdate: validateAutoscalerStatus,
  },
  fields: {
    spec: message(2, HorizontalPodAutoscalerSpec, { doc: "What is scaled, and by which measures.", required: true }),
    status: message(3, HorizontalPodAutoscalerStatus, {
      doc: "What was measured and decided. Read only for users.",
      always: true,
    }),
  },
})
export type HorizontalPodAutoscaler = ObjectOf<typeof HorizontalPodAutoscaler>
