import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import type { NodeSelector } from "../../../core/v1/node-selector.ts"
import { validateNodeSelector } from "../../../core/v1/validation/affinity.ts"
import { type Errors, label, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type { ResourcePool, ResourceSliceSpec } from "../resource-slice.ts"
import { validateSet } from "./bounded-lists.ts"
import { validateCounters, validateDevice } from "./device.ts"
import { driverName, poolName } from "./device-names.ts"

const SPEC = FieldPath.root("spec")
const DEVICES_MAX = 128
/** With taints or counters, which make each device larger. */
const LARGE_DEVICES_MAX = 64
const COUNTER_SETS_MAX = 8

interface SliceObject {
  readonly spec: ResourceSliceSpec
}

export function validateResourceSlice({ spec }: SliceObject): Errors {
  const { devices = [], sharedCounters } = spec
  const areLarge = devices.some(({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0)
  return [
    ...driverName(spec.driver, SPEC.child("driver")),
    ...validatePool(spec.pool, SPEC.child("pool")),
    ...validatePlace(spec),
    ...(sharedCounters !== undefined && spec.devices !== undefined
      ? [field.invalid(SPEC, "", "only one of `sharedCounters` or `devices` is allowed")]
      : NONE),
    ...validateSet(
      devices,
      areLarge ? LARGE_DEVICES_MAX : DEVICES_MAX,
      SPEC.child("devices"),
      ({ name }) => name,
      (device, at) => validateDevice(device, spec.perDeviceNodeSelection === true, at),
    ),
    ...validateSet(
      sharedCounters,
      COUNTER_SETS_MAX,
      SPEC.child("sharedCounters"),
      ({ name }) => name,
      ({ name, counters }, at) => [
        ...(name === "" ? [field.required(at.child("name"))] : label(name, at.child("name"))),
        ...validateCounters(counters, at.child("counters")),
      ],
    ),
  ]
}

function validatePool({ name, resourceSliceCount, generation }: ResourcePool, path: FieldPath): Errors {
  return [
    ...poolName(name, path.child("name")),
    ...(resourceSliceCount <= 0
      ? [field.invalid(path.child("resourceSliceCount"), resourceSliceCount, "must be greater than zero")]
      : NONE),
    ...(generation < 0
      ? [field.invalid(path.child("generation"), generation, "must be greater than or equal to zero")]
      : NONE),
  ]
}

const ONE_PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"

function validatePlace(spec: ResourceSliceSpec): Errors {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec
  const at = SPEC.child("nodeName")
  const unsetOrTrue = (value: boolean | undefined, path: FieldPath) =>
    value === false ? [field.invalid(path, value, "must be either unset or set to true")] : NONE
  const set = [
    ...(nodeName ? ["`nodeName`"] : []),
    ...(nodeSelector === undefined ? [] : ["`nodeSelector`"]),
    ...(allNodes ? ["`allNodes`"] : []),
    ...(perDeviceNodeSelection ? ["`perDeviceNodeSelection`"] : []),
  ]
  return [
    ...(nodeName === undefined
      ? NONE
      : nodeName === ""
        ? [field.invalid(at, nodeName, "must be either unset or set to a non-empty string")]
        : subdomain(nodeName, at)),
    ...(nodeSelector === undefined ? NONE : validateSelector(nodeSelector, SPEC.child("nodeSelector"))),
    ...unsetOrTrue(allNodes, SPEC.child("allNodes")),
    ...unsetOrTrue(perDeviceNodeSelection, SPEC.child("perDeviceNodeSelection")),
    ...(set.length === 0 ? [field.required(SPEC, ONE_PLACE)] : NONE),
    ...(set.length > 1
      ? [field.invalid(SPEC, `{${set.join(", ")}}`, `${ONE_PLACE}, but multiple fields are set`)]
      : NONE),
  ]
}

/** One term is easier to combine with those of other slices. */
function validateSelector(selector: NodeSelector, path: FieldPath): Errors {
  const { nodeSelectorTerms: terms } = selector
  const why = "must have exactly one node selector term"
  return [
    ...validateNodeSelector(selector, path),
    ...(terms.length === 1 ? NONE : [field.invalid(path.child("nodeSelectorTerms"), terms, why)]),
  ]
}

export function validateResourceSliceUpdate({ spec }: SliceObject, { spec: old }: SliceObject): Errors {
  const fixed = (path: FieldPath, now: string | undefined, before: string | undefined) =>
    now === before ? NONE : [field.invalid(path, now, "field is immutable")]
  return [
    ...fixed(SPEC.child("pool").child("name"), spec.pool.name, old.pool.name),
    ...fixed(SPEC.child("driver"), spec.driver, old.driver),
    ...fixed(SPEC.child("nodeName"), spec.nodeName, old.nodeName),
  ]
}

export function resourceSliceWarnings({ spec }: SliceObject): readonly string[] {
  if (spec.driver === spec.driver.toLowerCase()) return []
  return [`spec.driver: driver names should be lowercase; ${quote(spec.driver)} contains uppercase characters`]
}
