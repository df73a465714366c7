import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { validateNodeSelector } from "../../../core/v1/validation/affinity.ts"
import { type Errors, label, NONE, nonEmpty, subdomain } from "../../../core/v1/validation/rules.ts"
import type { Counter, Device, DeviceAttribute } from "../device.ts"
import { validateMap, validateSet, validateSlice } from "./bounded-lists.ts"
import { validateCapacity } from "./capacity.ts"
import { attributeName, validateBinding } from "./device-names.ts"
import { validateTaint } from "./device-taints.ts"

const FACTS_MAX = 32
const VALUE_BYTES_MAX = 64
const TAINTS_MAX = 16
const COUNTER_SETS_MAX = 2
const COUNTERS_MAX = 32
const UNLIMITED = Number.POSITIVE_INFINITY

/** `choosesNodes`: each device of the slice says itself where it is. */
export function validateDevice(device: Device, choosesNodes: boolean, path: FieldPath): Errors {
  const { attributes = {}, capacity = {}, allowMultipleAllocations: isShared = false } = device
  const facts = Object.keys(attributes).length + Object.keys(capacity).length
  const tooMany = `the total number of attributes and capacities must not exceed ${FACTS_MAX}`
  return [
    ...label(device.name, path.child("name")),
    ...(facts > FACTS_MAX ? [field.invalid(path, facts, tooMany)] : NONE),
    ...validateMap(attributes, UNLIMITED, path.child("attributes"), attributeName, validateAttribute),
    ...validateMap(capacity, UNLIMITED, path.child("capacity"), attributeName, (one, at) =>
      validateCapacity(one, isShared, at),
    ),
    ...validateSlice(device.taints, TAINTS_MAX, path.child("taints"), validateTaint),
    ...validateSet(
      device.consumesCounters,
      COUNTER_SETS_MAX,
      path.child("consumesCounters"),
      ({ counterSet }) => counterSet,
      ({ counterSet, counters }, at) => [
        ...(counterSet === ""
          ? nonEmpty(counterSet, at.child("counterSet"))
          : label(counterSet, at.child("counterSet"))),
        ...validateCounters(counters, at.child("counters")),
      ],
    ),
    ...validatePlace(device, choosesNodes, path),
    ...validateBinding(device, path),
  ]
}

export function validateCounters(counters: Readonly<Record<string, Counter>>, path: FieldPath): Errors {
  if (Object.keys(counters).length === 0) return [field.required(path)]
  return validateMap(counters, COUNTERS_MAX, path, label, () => NONE)
}

const NUMERIC = "(0|[1-9]\\d*)"
const PRERELEASE = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)"
const BUILD = "[0-9a-zA-Z-]+"
const SEMVER = new RegExp(
  `^${NUMERIC}\\.${NUMERIC}\\.${NUMERIC}(-${PRERELEASE}(\\.${PRERELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
)

function validateAttribute(attribute: DeviceAttribute, path: FieldPath): Errors {
  const { string: text, version } = attribute
  const count = Object.values(attribute).filter((value) => value !== undefined).length
  const notSemver = "must be a string compatible with semver.org spec 2.0.0"
  const at = path.child("version")
  return [
    ...(text === undefined ? NONE : notTooLong(text, path.child("string"))),
    ...(version === undefined
      ? NONE
      : [...(SEMVER.test(version) ? NONE : [field.invalid(at, version, notSemver)]), ...notTooLong(version, at)]),
    ...(count === 1
      ? NONE
      : [field.invalid(path, count === 0 ? "" : attribute, "exactly one value must be specified")]),
  ]
}

function notTooLong(text: string, path: FieldPath): Errors {
  return byteLength(text) > VALUE_BYTES_MAX ? [field.tooLong(path, VALUE_BYTES_MAX)] : NONE
}

const ONE_PLACE =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
const NO_PLACE =
  "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"

function validatePlace({ nodeName, nodeSelector, allNodes }: Device, choosesNodes: boolean, path: FieldPath): Errors {
  if (!choosesNodes) {
    const says = nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined
    return says ? [field.invalid(path, undefined, NO_PLACE)] : NONE
  }
  const at = path.child("nodeName")
  const set = [
    ...(nodeName ? ["`nodeName`"] : []),
    ...(nodeSelector === undefined ? [] : ["`nodeSelector`"]),
    ...(allNodes ? ["`allNodes`"] : []),
  ]
  return [
    ...(nodeName === undefined
      ? NONE
      : nodeName === ""
        ? [field.invalid(at, nodeName, "must not be empty")]
        : subdomain(nodeName, at)),
    ...(nodeSelector === undefined ? NONE : validateNodeSelector(nodeSelector, path.child("nodeSelector"))),
    ...(allNodes === false
      ? [field.invalid(path.child("allNodes"), allNodes, "must be either unset or set to true")]
      : NONE),
    ...(set.length === 0 ? [field.required(path, ONE_PLACE)] : NONE),
    ...(set.length > 1 ? [field.invalid(path, `{${set.join(", ")}}`, ONE_PLACE)] : NONE),
  ]
}
