import { int32, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { CrossVersionObjectReference, MetricIdentifier } from "./metric-spec.ts"

export const MetricValueStatus = struct("io.k8s.api.autoscaling.v2.MetricValueStatus", {
  value: quantity(1, { doc: "" }),
  averageValue: quantity(2, { doc: "" }),
  averageUtilization: int32(3, { doc: "", pointer: true }),
})
export type MetricValueStatus = TypeOf<typeof MetricValueStatus>

export const ObjectMetricStatus = struct("io.k8s.api.autoscaling.v2.ObjectMetricStatus", {
  metric: message(1, MetricIdentifier, { doc: "", required: true }),
  current: message(2, MetricValueStatus, { doc: "", required: true }),
  describedObject: message(3, CrossVersionObjectReference, { doc: "", required: true }),
})
export type ObjectMetricStatus = TypeOf<typeof ObjectMetricStatus>

export const PodsMetricStatus = struct("io.k8s.api.autoscaling.v2.PodsMetricStatus", {
  metric: message(1, MetricIdentifier, { doc: "", required: true }),
  current: message(2, MetricValueStatus, { doc: "", required: true }),
})
export type PodsMetricStatus = TypeOf<typeof PodsMetricStatus>

export const ResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ResourceMetricStatus", {
  name: string(1, { doc: "", required: true }),
  current: message(2, MetricValueStatus, { doc: "", required: true }),
})
export type ResourceMetricStatus = TypeOf<typeof ResourceMetricStatus>

export const ContainerResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", {
  name: string(1, { doc: "", required: true }),
  current: message(2, MetricValueStatus, { doc: "", required: true }),
  container: string(3, { doc: "", required: true }),
})
export type ContainerResourceMetricStatus = TypeOf<typeof ContainerResourceMetricStatus>

export const ExternalMetricStatus = struct("io.k8s.api.autoscaling.v2.ExternalMetricStatus", {
  metric: message(1, MetricIdentifier, { doc: "", required: true }),
  current: message(2, MetricValueStatus, { doc: "", required: true }),
})
export type ExternalMetricStatus = TypeOf<typeof ExternalMetricStatus>

export const MetricStatus = struct("io.k8s.api.autoscaling.v2.MetricStatus", {
  type: string(1, { doc: "", required: true }),
  object: message(2, ObjectMetricStatus, { doc: "" }),
  pods: message(3, PodsMetricStatus, { doc: "" }),
  resource: message(4, ResourceMetricStatus, { doc: "" }),
  containerResource: message(7, ContainerResourceMetricStatus, { doc: "" }),
  external: message(5, ExternalMetricStatus, { doc: "" }),
})
export type MetricStatus = TypeOf<typeof MetricStatus>
