import { decodeValue } from "../../../machinery/decode/decode.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import type { HorizontalPodAutoscaler as Autoscaler2 } from "../v2/horizontal-pod-autoscaler.ts"
import type { MetricSpec } from "../v2/metric-spec.ts"
import { BEHAVIOR, CONDITIONS, CURRENT_METRICS, METRICS } from "../v2/round-trip-annotations.ts"
import { annotateBehavior } from "./annotated-behavior.ts"
import { annotateSpecs, annotateStatuses, goJson } from "./annotated-metrics.ts"
import { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts"

/** Writes what version 1 has no fields for into annotations. */
export function fromVersion2(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as Autoscaler2
  const { metrics = [] } = spec
  const cpu = metrics.find(isCpuUtilization)
  const { apiVersion, kind } = HorizontalPodAutoscaler
  return decodeValue(HorizontalPodAutoscaler.struct, {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...roundTripAnnotations(spec, status) } },
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: cpu?.resource?.target.averageUtilization,
    },
    status: {
      observedGeneration: status.observedGeneration,
      lastScaleTime: status.lastScaleTime,
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas,
      currentCPUUtilizationPercentage: cpuUtilization(status),
    },
  }) as KubeObject
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined
}

function cpuUtilization({ currentMetrics }: Autoscaler2["status"]): number | undefined {
  const found = currentMetrics.filter(({ type, resource }) => type === "Resource" && resource?.name === "cpu")
  return found.findLast(({ resource }) => resource?.current.averageUtilization !== undefined)?.resource?.current
    .averageUtilization
}

function roundTripAnnotations(spec: Autoscaler2["spec"], status: Autoscaler2["status"]): Record<string, string> {
  const others = (spec.metrics ?? []).filter((metric) => !isCpuUtilization(metric))
  const { currentMetrics, conditions = [] } = status
  return {
    ...(others.length > 0 && { [METRICS]: annotateSpecs(others) }),
    // Also that of cpu, whose amount version 1 has no field for.
    ...(currentMetrics.length > 0 && { [CURRENT_METRICS]: annotateStatuses(currentMetrics) }),
    ...(spec.behavior && { [BEHAVIOR]: annotateBehavior(spec.behavior) }),
    ...(conditions.length > 0 && { [CONDITIONS]: annotateConditions(conditions) }),
  }
}

function annotateConditions(conditions: NonNullable<Autoscaler2["status"]["conditions"]>): string {
  return goJson(
    conditions.map(({ type, status, lastTransitionTime = null, reason, message }) => ({
      type,
      status,
      lastTransitionTime,
      ...(reason && { reason }),
      ...(message && { message }),
    })),
  )
}
