import { int32, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { CrossVersionObjectReference, MetricIdentifier } from "./metric-spec.ts"

export const MetricValueStatus = struct(
  "io.k8s.api.autoscaling.v2.MetricValueStatus",
  {
    value: quantity(1, { doc: "The value as a whole." }),
    averageValue: quantity(2, { doc: "The value for each pod on average." }),
    averageUtilization: int32(3, {
      doc: "The use of the resource on average, in percent of what pods request.",
      pointer: true,
    }),
  },
  { doc: "What was measured." },
)
export type MetricValueStatus = TypeOf<typeof MetricValueStatus>

export const ObjectMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ObjectMetricStatus",
  {
    metric: message(1, MetricIdentifier, { doc: "Which measure of the object.", required: true }),
    current: message(2, MetricValueStatus, { doc: "The value that was found.", required: true }),
    describedObject: message(3, CrossVersionObjectReference, { doc: "The object.", required: true }),
  },
  { doc: "What was measured of an object." },
)
export type ObjectMetricStatus = TypeOf<typeof ObjectMetricStatus>

export const PodsMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.PodsMetricStatus",
  {
    metric: message(1, MetricIdentifier, { doc: "Which measure of the pods.", required: true }),
    current: message(2, MetricValueStatus, { doc: "The value that was found.", required: true }),
  },
  { doc: "What was measured of the pods." },
)
export type PodsMetricStatus = TypeOf<typeof PodsMetricStatus>

export const ResourceMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ResourceMetricStatus",
  {
    name: string(1, { doc: "The resource: cpu or memory.", required: true }),
    current: message(2, MetricValueStatus, { doc: "How much was used.", required: true }),
  },
  { doc: "How much of a resource pods used." },
)
export type ResourceMetricStatus = TypeOf<typeof ResourceMetricStatus>

export const ContainerResourceMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus",
  {
    name: string(1, { doc: "The resource: cpu or memory.", required: true }),
    current: message(2, MetricValueStatus, { doc: "How much was used.", required: true }),
    container: string(3, { doc: "The name of the container.", required: true }),
  },
  { doc: "How much of a resource one container of each pod used." },
)
export type ContainerResourceMetricStatus = TypeOf<typeof ContainerResourceMetricStatus>

export const ExternalMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ExternalMetricStatus",
  {
    metric: message(1, MetricIdentifier, { doc: "Which measure.", required: true }),
    current: message(2, MetricValueStatus, { doc: "The value that was found.", required: true }),
  },
  { doc: "What was measured outside the cluster." },
)
export type ExternalMetricStatus = TypeOf<typeof ExternalMetricStatus>

export const MetricStatus = struct(
  "io.k8s.api.autoscaling.v2.MetricStatus",
  {
    type: string(1, { doc: "Resource, ContainerResource, Pods, Object or External.", required: true }),
    object: message(2, ObjectMetricStatus, { doc: "What was measured of one object." }),
    pods: message(3, PodsMetricStatus, { doc: "What was measured of the pods." }),
    resource: message(4, ResourceMetricStatus, { doc: "How much of a resource pods used." }),
    containerResource: message(7, ContainerResourceMetricStatus, {
      doc: "How much of a resource one container of each pod used.",
    }),
    external: message(5, ExternalMetricStatus, { doc: "What was measured outside the cluster." }),
  },
  { doc: "The last value of one measure. The member that type names is set." },
)
export type MetricStatus = TypeOf<typeof MetricStatus>
