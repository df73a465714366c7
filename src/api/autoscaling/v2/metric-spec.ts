import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CrossVersionObjectReference = struct("io.k8s.api.autoscaling.v2.CrossVersionObjectReference", {
  kind: string(1, { doc: "", required: true }),
  name: string(2, { doc: "", required: true }),
  apiVersion: string(3, { doc: "" }),
})
export type CrossVersionObjectReference = TypeOf<typeof CrossVersionObjectReference>

export const MetricTarget = struct("io.k8s.api.autoscaling.v2.MetricTarget", {
  type: string(1, { doc: "", required: true }),
  value: quantity(2, { doc: "" }),
  averageValue: quantity(3, { doc: "" }),
  averageUtilization: int32(4, { doc: "", pointer: true }),
})
export type MetricTarget = TypeOf<typeof MetricTarget>

export const MetricIdentifier = struct("io.k8s.api.autoscaling.v2.MetricIdentifier", {
  name: string(1, { doc: "", required: true }),
  selector: message(2, LabelSelector, { doc: "" }),
})
export type MetricIdentifier = TypeOf<typeof MetricIdentifier>

export const ObjectMetricSource = struct("io.k8s.api.autoscaling.v2.ObjectMetricSource", {
  describedObject: message(1, CrossVersionObjectReference, { doc: "", required: true }),
  target: message(2, MetricTarget, { doc: "", required: true }),
  metric: message(3, MetricIdentifier, { doc: "", required: true }),
})
export type ObjectMetricSource = TypeOf<typeof ObjectMetricSource>

export const PodsMetricSource = struct("io.k8s.api.autoscaling.v2.PodsMetricSource", {
  metric: message(1, MetricIdentifier, { doc: "", required: true }),
  target: message(2, MetricTarget, { doc: "", required: true }),
})
export type PodsMetricSource = TypeOf<typeof PodsMetricSource>

export const ResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ResourceMetricSource", {
  name: string(1, { doc: "", required: true }),
  target: message(2, MetricTarget, { doc: "", required: true }),
})
export type ResourceMetricSource = TypeOf<typeof ResourceMetricSource>

export const ContainerResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", {
  name: string(1, { doc: "", required: true }),
  target: message(2, MetricTarget, { doc: "", required: true }),
  container: string(3, { doc: "", required: true }),
})
export type ContainerResourceMetricSource = TypeOf<typeof ContainerResourceMetricSource>

export const ExternalMetricSource = struct("io.k8s.api.autoscaling.v2.ExternalMetricSource", {
  metric: message(1, MetricIdentifier, { doc: "", required: true }),
  target: message(2, MetricTarget, { doc: "", required: true }),
})
export type ExternalMetricSource = TypeOf<typeof ExternalMetricSource>

export const MetricSpec = struct("io.k8s.api.autoscaling.v2.MetricSpec", {
  type: string(1, { doc: "", required: true }),
  object: message(2, ObjectMetricSource, { doc: "" }),
  pods: message(3, PodsMetricSource, { doc: "" }),
  resource: message(4, ResourceMetricSource, { doc: "" }),
  containerResource: message(7, ContainerResourceMetricSource, { doc: "" }),
  external: message(5, ExternalMetricSource, { doc: "" }),
})
export type MetricSpec = TypeOf<typeof MetricSpec>
