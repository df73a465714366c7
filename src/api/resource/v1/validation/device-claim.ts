import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, label, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
} from "../device-claim.ts"
import { validateSet, validateSlice } from "./bounded-lists.ts"
import { validateConfiguration, validateSelectors } from "./device-configuration.ts"
import { fullAttributeName } from "./device-names.ts"
import { validateToleration } from "./device-taints.ts"

export const REQUESTS_MAX = 32
const CONSTRAINTS_MAX = 32
export const CONFIGS_MAX = 32
const ALTERNATIVES_MAX = 8
const TOLERATIONS_MAX = 16

export function validateDeviceClaim(claim: DeviceClaim, path: FieldPath): Errors {
  const names = requestNames(claim)
  return [
    ...validateSet(claim.requests, REQUESTS_MAX, path.child("requests"), ({ name }) => name, validateRequest),
    ...validateSlice(claim.constraints, CONSTRAINTS_MAX, path.child("constraints"), (constraint, at) =>
      validateConstraint(constraint, names, at),
    ),
    ...validateSlice(claim.config, CONFIGS_MAX, path.child("config"), (config, at) => [
      ...validateReferences(config.requests, names, at.child("requests")),
      ...validateConfiguration(config, at),
    ]),
  ]
}

/** What can be referred to: each request, and each of its alternatives as `request/alternative`. */
export function requestNames({ requests }: DeviceClaim): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  )
}

export function validateReferences(
  references: readonly string[] | undefined,
  names: ReadonlySet<string>,
  path: FieldPath,
): Errors {
  return validateSet(references, REQUESTS_MAX, path, String, (name, at) => validateReference(name, names, at))
}

export function validateReference(name: string, names: ReadonlySet<string>, path: FieldPath): Errors {
  const parts = name.split("/")
  const why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  if (parts.length > 2) return [field.invalid(path, name, why)]
  return [...parts.flatMap((part) => label(part, path)), ...(names.has(name) ? NONE : [field.invalid(path, name, why)])]
}

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: FieldPath): Errors {
  return [...label(name, path.child("name")), ...validateWish(exactly, firstAvailable, path)]
}

const ONE_WISH = "exactly one of `exactly` or `firstAvailable` is required"

function validateWish(
  exactly: ExactDeviceRequest | undefined,
  alternatives: readonly DeviceSubRequest[],
  path: FieldPath,
): Errors {
  if (exactly !== undefined && alternatives.length > 0) {
    return [field.invalid(path, undefined, `${ONE_WISH}, but multiple fields are set`)]
  }
  if (exactly !== undefined) return validateDevices(exactly, path.child("exactly"))
  if (alternatives.length === 0) return [field.required(path, ONE_WISH)]
  return validateSet(
    alternatives,
    ALTERNATIVES_MAX,
    path.child("firstAvailable"),
    ({ name }) => name,
    (alternative, at) => [...label(alternative.name, at.child("name")), ...validateDevices(alternative, at)],
  )
}

function validateDevices(request: ExactDeviceRequest | DeviceSubRequest, path: FieldPath): Errors {
  const { deviceClassName: name } = request
  const at = path.child("deviceClassName")
  return [
    ...(name === "" ? [field.required(at)] : subdomain(name, at)),
    ...validateSelectors(request.selectors, path.child("selectors")),
    ...validateCount(request, path),
    ...validateSlice(request.tolerations, TOLERATIONS_MAX, path.child("tolerations"), validateToleration),
  ]
}

function validateCount({ allocationMode, count = 0 }: ExactDeviceRequest | DeviceSubRequest, path: FieldPath): Errors {
  const at = path.child("count")
  switch (allocationMode) {
    case "All":
      return count === 0 ? NONE : [field.invalid(at, count, "must not be specified when allocationMode is 'All'")]
    case "ExactCount":
      return count > 0 ? NONE : [field.invalid(at, count, "must be greater than zero")]
    default:
      return [field.notSupported(path.child("allocationMode"), allocationMode ?? "", ["All", "ExactCount"])]
  }
}

function validateConstraint(constraint: DeviceConstraint, names: ReadonlySet<string>, path: FieldPath): Errors {
  const { matchAttribute, distinctAttribute } = constraint
  const references = validateReferences(constraint.requests, names, path.child("requests"))
  if (matchAttribute !== undefined) {
    return [...references, ...fullAttributeName(matchAttribute, path.child("matchAttribute"))]
  }
  if (distinctAttribute !== undefined) {
    return [...references, ...fullAttributeName(distinctAttribute, path.child("distinctAttribute"))]
  }
  // As Kubernetes words it.
  const why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
  return [...references, field.required(path, why)]
}
