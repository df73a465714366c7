import { decodeValue } from "../../../machinery/decode/decode.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition } from "../v2/horizontal-pod-autoscaler.ts"
import {
  BEHAVIOR,
  CONDITIONS,
  CURRENT_METRICS,
  dropRoundTripAnnotations,
  METRICS,
} from "../v2/round-trip-annotations.ts"
import { readBehavior } from "./annotated-behavior.ts"
import { readList, readSpecs, readStatuses } from "./annotated-metrics.ts"
import type { HorizontalPodAutoscaler as Autoscaler1 } from "./horizontal-pod-autoscaler.ts"

const CPU = "cpu"
const CPU_UTILIZATION = 80

/** Reads what version 1 has in annotations. */
export function toVersion2(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as Autoscaler1
  const annotations = { ...metadata.annotations }
  const behavior = readBehavior(annotations[BEHAVIOR])
  const cleaned = { ...metadata, annotations: { ...annotations } }
  dropRoundTripAnnotations(cleaned)
  const { apiVersion, kind } = HorizontalPodAutoscaler
  return decodeValue(HorizontalPodAutoscaler.struct, {
    apiVersion,
    kind,
    metadata: cleaned,
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      metrics: metricsOf(spec, annotations[METRICS]),
      ...(behavior && { behavior }),
    },
    status: {
      observedGeneration: status.observedGeneration,
      lastScaleTime: status.lastScaleTime,
      currentReplicas: status.currentReplicas,
      desiredReplicas: status.desiredReplicas,
      currentMetrics: readStatuses(annotations[CURRENT_METRICS]) ?? cpuStatus(status),
      conditions: readList(annotations[CONDITIONS], HorizontalPodAutoscalerCondition, (condition) => condition) ?? [],
    },
  }) as KubeObject
}

function metricsOf({ targetCPUUtilizationPercentage: target }: Autoscaler1["spec"], others: string | undefined) {
  const metrics: object[] = [...(readSpecs(others) ?? [])]
  const averageUtilization = target ?? (metrics.length === 0 ? CPU_UTILIZATION : undefined)
  if (averageUtilization === undefined) return metrics
  const cpu = { name: CPU, target: { type: "Utilization", averageUtilization } }
  return [...metrics, { type: "Resource", resource: cpu }]
}

function cpuStatus({ currentCPUUtilizationPercentage: averageUtilization }: Autoscaler1["status"]) {
  if (averageUtilization === undefined) return []
  return [{ type: "Resource", resource: { name: CPU, current: { averageUtilization } } }]
}
