import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import { containerResourceName } from "../../../core/v1/validation/resources.ts"
import { allOf, type Errors, label, NONE } from "../../../core/v1/validation/rules.ts"
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from "../metric-spec.ts"
import { type Groups, validateReference } from "./reference.ts"

/** The member that belongs to each type, in the order in which members are looked at. */
const MEMBER_OF_TYPE: ReadonlyMap<string, "object" | "external" | "pods" | "resource" | "containerResource"> = new Map([
  ["Object", "object"],
  ["External", "external"],
  ["Pods", "pods"],
  ["Resource", "resource"],
  ["ContainerResource", "containerResource"],
])
const TYPES = [...MEMBER_OF_TYPE.keys()].toSorted()

export function validateMetrics(
  metrics: readonly MetricSpec[],
  minReplicas: number,
  groups: Groups,
  path: FieldPath,
): Errors {
  const countsWithoutPods = metrics.some(({ type }) => type === "Object" || type === "External")
  const why = "must specify at least one Object or External metric to support scaling to zero replicas"
  return [
    ...metrics.flatMap((metric, index) => validateMetric(metric, groups, path.index(index))),
    ...(minReplicas === 0 && !countsWithoutPods ? [field.forbidden(path, why)] : NONE),
  ]
}

function validateMetric(metric: MetricSpec, groups: Groups, path: FieldPath): Errors {
  const errors: FieldError[] = []
  const { type } = metric
  const at = path.child("type")
  const expected = MEMBER_OF_TYPE.get(type)
  const unsupported = expected === undefined ? [field.notSupported(at, type, TYPES)] : NONE
  if (type === "") errors.push(field.required(at, "must specify a metric source type"))
  errors.push(...unsupported)
  const present = [...MEMBER_OF_TYPE.values()].filter((member) => metric[member] !== undefined)
  errors.push(...validateSource(metric, present[0], groups, path))
  if (expected !== undefined && metric[expected] === undefined) {
    errors.push(field.required(path.child(expected), "must populate information for the given metric source"))
  }
  // As in Kubernetes, an unknown type is reported twice.
  errors.push(...unsupported)
  if (present.length === 1) return errors
  const others = present.filter((member) => member !== expected)
  return [
    ...errors,
    ...others.map((member) => field.forbidden(path.child(member), "must populate the given metric source only")),
  ]
}

function validateSource(metric: MetricSpec, member: string | undefined, groups: Groups, path: FieldPath): Errors {
  const { object, external, pods, resource, containerResource } = metric
  switch (member) {
    case "object":
      return object === undefined ? NONE : validateObject(object, groups, path.child("object"))
    case "external":
      return external === undefined ? NONE : validateExternal(external, path.child("external"))
    case "pods":
      return pods === undefined ? NONE : validatePods(pods, path.child("pods"))
    case "resource":
      return resource === undefined ? NONE : validateResource(resource, path.child("resource"))
    case "containerResource":
      return containerResource === undefined
        ? NONE
        : validateContainerResource(containerResource, path.child("containerResource"))
    default:
      return NONE
  }
}

function validateObject(
  { describedObject, metric, target }: ObjectMetricSource,
  groups: Groups,
  path: FieldPath,
): Errors {
  const none = target.value === undefined && target.averageValue === undefined
  const at = path.child("target")
  return [
    ...validateReference(describedObject, groups, path.child("describedObject")),
    ...validateIdentifier(metric, path.child("metric")),
    ...validateTarget(target, at),
    ...(none ? [field.required(at.child("averageValue"), "must set either a target value or averageValue")] : NONE),
  ]
}

function validateExternal({ metric, target }: ExternalMetricSource, path: FieldPath): Errors {
  const { value, averageValue } = target
  const at = path.child("target")
  const none = "must set either a target value for metric or a per-pod target"
  const both = "may not set both a target value for metric and a per-pod target"
  return [
    ...validateIdentifier(metric, path.child("metric")),
    ...validateTarget(target, at),
    ...(value === undefined && averageValue === undefined ? [field.required(at.child("averageValue"), none)] : NONE),
    ...(value !== undefined && averageValue !== undefined ? [field.forbidden(at.child("value"), both)] : NONE),
  ]
}

function validatePods({ metric, target }: PodsMetricSource, path: FieldPath): Errors {
  const at = path.child("target")
  return [
    ...validateIdentifier(metric, path.child("metric")),
    ...validateTarget(target, at),
    ...(target.averageValue === undefined
      ? [field.required(at.child("averageValue"), "must specify a positive target averageValue")]
      : NONE),
  ]
}

function validateResource({ name, target }: ResourceMetricSource, path: FieldPath): Errors {
  return [
    ...(name === "" ? [field.required(path.child("name"), "must specify a resource name")] : NONE),
    ...validateUse(target, path.child("target")),
  ]
}

function validateContainerResource(source: ContainerResourceMetricSource, path: FieldPath): Errors {
  const { name, container, target } = source
  const at = path.child("container")
  return [
    ...(name === ""
      ? [field.required(path.child("name"), "must specify a resource name")]
      : containerResourceName(name, path.child("name"))),
    ...(container === "" ? [field.required(at, "must specify a container")] : label(container, at)),
    ...validateUse(target, path.child("target")),
  ]
}

/** How much of a resource: an amount, or a share of what is asked for. */
function validateUse(target: MetricTarget, path: FieldPath): Errors {
  const { averageUtilization, averageValue } = target
  const none = "must set either a target raw value or a target utilization"
  const both = "may not set both a target raw value and a target utilization"
  const [noShare, noAmount] = [averageUtilization === undefined, averageValue === undefined]
  return [
    ...validateTarget(target, path),
    ...(noShare && noAmount ? [field.required(path.child("averageUtilization"), none)] : NONE),
    ...(noShare || noAmount ? NONE : [field.forbidden(path.child("averageValue"), both)]),
  ]
}

function validateTarget({ type, value, averageValue, averageUtilization }: MetricTarget, path: FieldPath): Errors {
  const at = path.child("type")
  const known = type === "Utilization" || type === "Value" || type === "AverageValue"
  const amount = (name: string, quantity: string | undefined): Errors => {
    if (quantity === undefined || compareQuantities(parseQuantity(quantity), ZERO) > 0) return NONE
    return [field.invalid(path.child(name), quantity, "must be positive")]
  }
  const share = path.child("averageUtilization")
  return [
    ...(type === "" ? [field.required(at, "must specify a metric target type")] : NONE),
    ...(known ? NONE : [field.invalid(at, type, "must be either Utilization, Value, or AverageValue")]),
    ...amount("value", value),
    ...amount("averageValue", averageValue),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [field.invalid(share, averageUtilization, "must be greater than 0")]
      : NONE),
  ]
}

function validateIdentifier({ name }: MetricIdentifier, path: FieldPath): Errors {
  const at = path.child("name")
  return name === "" ? [field.required(at, "must specify a metric name")] : allOf(pathSegmentName(name), name, at)
}
