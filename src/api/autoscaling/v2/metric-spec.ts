import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v2.CrossVersionObjectReference",
  {
    kind: string(1, { doc: "The kind of the object, such as Deployment.", required: true }),
    name: string(2, { doc: "The name of the object.", required: true }),
    apiVersion: string(3, { doc: "The API version of the object." }),
  },
  { doc: "An object in the same namespace." },
)
export type CrossVersionObjectReference = TypeOf<typeof CrossVersionObjectReference>

export const MetricTarget = struct(
  "io.k8s.api.autoscaling.v2.MetricTarget",
  {
    type: string(1, { doc: "Which of the other members counts: Utilization, Value or AverageValue.", required: true }),
    value: quantity(2, { doc: "The value as a whole." }),
    averageValue: quantity(3, { doc: "The value for each pod on average." }),
    averageUtilization: int32(4, {
      doc: "The use of the resource on average, in percent of what pods request. Only for resources.",
      pointer: true,
    }),
  },
  { doc: "The value that a measure should have." },
)
export type MetricTarget = TypeOf<typeof MetricTarget>

export const MetricIdentifier = struct(
  "io.k8s.api.autoscaling.v2.MetricIdentifier",
  {
    name: string(1, { doc: "The name of the measure.", required: true }),
    selector: message(2, LabelSelector, { doc: "Labels that narrow it down. Default: the name alone." }),
  },
  { doc: "A measure by name." },
)
export type MetricIdentifier = TypeOf<typeof MetricIdentifier>

export const ObjectMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ObjectMetricSource",
  {
    describedObject: message(1, CrossVersionObjectReference, { doc: "The object.", required: true }),
    target: message(2, MetricTarget, { doc: "The value that it should have.", required: true }),
    metric: message(3, MetricIdentifier, { doc: "Which measure of the object.", required: true }),
  },
  { doc: "A measure of one object, such as the requests that an Ingress gets." },
)
export type ObjectMetricSource = TypeOf<typeof ObjectMetricSource>

export const PodsMetricSource = struct(
  "io.k8s.api.autoscaling.v2.PodsMetricSource",
  {
    metric: message(1, MetricIdentifier, { doc: "Which measure of the pods.", required: true }),
    target: message(2, MetricTarget, {
      doc: "The value that it should have; only AverageValue is possible.",
      required: true,
    }),
  },
  { doc: "A measure of each pod, taken on average." },
)
export type PodsMetricSource = TypeOf<typeof PodsMetricSource>

export const ResourceMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ResourceMetricSource",
  {
    name: string(1, { doc: "The resource: cpu or memory.", required: true }),
    target: message(2, MetricTarget, { doc: "How much should be used.", required: true }),
  },
  { doc: "How much of a resource pods use." },
)
export type ResourceMetricSource = TypeOf<typeof ResourceMetricSource>

export const ContainerResourceMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource",
  {
    name: string(1, { doc: "The resource: cpu or memory.", required: true }),
    target: message(2, MetricTarget, { doc: "How much should be used.", required: true }),
    container: string(3, { doc: "The name of the container.", required: true }),
  },
  { doc: "How much of a resource one container of each pod uses." },
)
export type ContainerResourceMetricSource = TypeOf<typeof ContainerResourceMetricSource>

export const ExternalMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ExternalMetricSource",
  {
    metric: message(1, MetricIdentifier, { doc: "Which measure.", required: true }),
    target: message(2, MetricTarget, { doc: "The value that it should have: Value or AverageValue.", required: true }),
  },
  { doc: "A measure from outside the cluster, such as the length of a queue." },
)
export type ExternalMetricSource = TypeOf<typeof ExternalMetricSource>

export const MetricSpec = struct(
  "io.k8s.api.autoscaling.v2.MetricSpec",
  {
    type: string(1, { doc: "Resource, ContainerResource, Pods, Object or External.", required: true }),
    object: message(2, ObjectMetricSource, { doc: "A measure of one object." }),
    pods: message(3, PodsMetricSource, { doc: "A measure of each pod." }),
    resource: message(4, ResourceMetricSource, { doc: "How much of a resource pods use." }),
    containerResource: message(7, ContainerResourceMetricSource, {
      doc: "How much of a resource one container of each pod uses.",
    }),
    external: message(5, ExternalMetricSource, { doc: "A measure from outside the cluster." }),
  },
  { doc: "One measure and its target. The member that type names must be set." },
)
export type MetricSpec = TypeOf<typeof MetricSpec>
