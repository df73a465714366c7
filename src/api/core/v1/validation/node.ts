import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { cidrAnySpelling } from "../../../../machinery/names/addresses.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import type { NodeSpec } from "../node.ts"
import type { NodeStatus } from "../node-status.ts"
import { validateAmount } from "./resources.ts"
import { allOf, type Errors, NONE } from "./rules.ts"
import { validateTaints } from "./tolerations.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

interface NodeObject {
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

export function validateNode({ spec, status }: NodeObject): Errors {
  return [
    // Kubernetes reports taints under metadata.
    ...validateTaints(spec.taints ?? [], FieldPath.root("metadata", "taints")),
    ...validateResources(status),
    ...validateFeatures(status.declaredFeatures ?? []),
    ...validatePodCidrs(spec.podCIDRs ?? [], SPEC.child("podCIDRs")),
  ]
}

function validateResources({ capacity = {}, allocatable = {} }: NodeStatus): Errors {
  return Object.entries({ capacity, allocatable }).flatMap(([member, list]) =>
    Object.entries(list).flatMap(([name, amount]) => validateAmount(name, amount, STATUS.child(member).child(name))),
  )
}

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/
const FEATURE_LENGTH_MAX = 253

function validateFeatures(features: readonly string[]): Errors {
  const path = STATUS.child("declaredFeatures")
  return features.flatMap((feature, index) => {
    const at = path.index(index)
    const previous = features[index - 1]
    const errors: FieldError[] = []
    if (previous === feature) errors.push(field.duplicate(at, feature))
    else if (previous !== undefined && previous > feature) {
      errors.push(field.invalid(at, feature, "list must be sorted alphabetically"))
    }
    if (feature.length > FEATURE_LENGTH_MAX) {
      const why = `invalid feature name "${feature}": must be no more than ${FEATURE_LENGTH_MAX} characters`
      errors.push(field.invalid(at, feature, why))
    } else if (!FEATURE.test(feature)) {
      const why = `invalid feature name "${feature}": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`
      errors.push(field.invalid(at, feature, why))
    }
    return errors
  })
}

function validatePodCidrs(ranges: readonly string[], path: FieldPath): Errors {
  const families = new Set(ranges.map((range) => range.includes(":")))
  return [
    ...ranges.flatMap((range, index) => allOf(cidrAnySpelling(range), range, path.index(index))),
    ...(ranges.length > 1 && families.size !== ranges.length
      ? [field.invalid(path, ranges, "may specify no more than one CIDR for each IP family")]
      : NONE),
  ]
}

export function validateNodeUpdate({ spec }: NodeObject, { spec: old }: NodeObject): Errors {
  const before = old.podCIDRs ?? []
  const ranges = 'node updates may not change podCIDR except from "" to valid'
  const provider = 'node updates may not change providerID except from "" to valid'
  return [
    ...(before.length > 0 && !deepEqual(before, spec.podCIDRs ?? [])
      ? [field.forbidden(SPEC.child("podCIDRs"), ranges)]
      : NONE),
    ...(old.providerID && old.providerID !== spec.providerID
      ? [field.forbidden(SPEC.child("providerID"), provider)]
      : NONE),
    ...((spec.externalID ?? "") === (old.externalID ?? "")
      ? NONE
      : [field.forbidden(SPEC.child("externalID"), "may not be updated")]),
  ]
}

export function validateNodeStatus({ status }: NodeObject): Errors {
  const addresses = status.addresses ?? []
  return addresses.flatMap((address, index) =>
    addresses.findIndex((other) => deepEqual(other, address)) < index
      ? [field.duplicate(STATUS.child("addresses").index(index), address)]
      : NONE,
  )
}
