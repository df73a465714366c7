import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus } from "./horizontal-pod-autoscaler.ts"
import type { MetricSpec, MetricTarget } from "./metric-spec.ts"
import type { MetricStatus, MetricValueStatus } from "./metric-status.ts"

interface Shown {
  readonly metadata: StoredMeta
  readonly spec: HorizontalPodAutoscalerSpec
  readonly status: HorizontalPodAutoscalerStatus
}

export const autoscalerColumns: readonly Column<Shown>[] = [
  {
    name: "Reference",
    type: "string",
    doc: "What is scaled.",
    value: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
  },
  {
    name: "Targets",
    type: "string",
    doc: "What is measured, and what it should be.",
    value: ({ spec, status }) => targetsCell(spec.metrics ?? [], status.currentMetrics),
  },
  {
    name: "MinPods",
    type: "string",
    doc: "The fewest pods.",
    value: ({ spec }) => `${spec.minReplicas}`,
  },
  { name: "MaxPods", type: "string", doc: "The most pods.", value: ({ spec }) => spec.maxReplicas },
  {
    name: "Replicas",
    type: "string",
    doc: "How many pods there are.",
    value: ({ status }) => status.currentReplicas ?? 0,
  },
  age,
]

const SHOWN_MAX = 2
const UNKNOWN = "<unknown>"

function targetsCell(metrics: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (metrics.length === 0) return "<none>"
  const shown = metrics.slice(0, SHOWN_MAX).map((metric, index) => metricText(metric, statuses[index]))
  const more = metrics.length - SHOWN_MAX
  return more > 0 ? `${shown.join(", ")} + ${more} more...` : shown.join(", ")
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case "External":
      return valueText(metric.external?.target, status?.external?.current)
    case "Object":
      return valueText(metric.object?.target, status?.object?.current)
    case "Pods":
      return `${averageOf(status?.pods?.current)}/${metric.pods?.target.averageValue}`
    case "Resource":
      return `${metric.resource?.name}: ${useText(metric.resource?.target, status?.resource?.current)}`
    case "ContainerResource": {
      const { name, target } = metric.containerResource ?? {}
      return `${name}: ${useText(target, status?.containerResource?.current)}`
    }
    default:
      return "<unknown type>"
  }
}

function averageOf(current: MetricValueStatus | undefined): string {
  return current === undefined ? UNKNOWN : (current.averageValue ?? "<nil>")
}

/** As a whole, or for each pod on average. */
function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
  return `${current === undefined ? UNKNOWN : (current.value ?? "<nil>")}/${target?.value ?? "<nil>"}`
}

/** As an amount, or in percent of what pods ask for. */
function useText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${averageOf(current)}/${target.averageValue}`
  const percent = (value: number | undefined, none: string) => (value === undefined ? none : `${value}%`)
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, "<auto>")}`
}
