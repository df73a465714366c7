import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { cIdentifier } from "../../../../machinery/names/identifiers.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { csiDriverName } from "../../../core/v1/validation/csi-driver-name.ts"
import { allOf, type Errors, NONE, qualified, subdomain } from "../../../core/v1/validation/rules.ts"
import { validateSlice } from "./bounded-lists.ts"

const POOL_BYTES_MAX = 253
const ID_BYTES_MAX = 32
const CONDITIONS_MAX = 4

/** The rule is that of CSI drivers. */
export const driverName = csiDriverName

export function poolName(name: string, path: FieldPath): Errors {
  if (name === "") return [field.required(path)]
  return [
    ...(byteLength(name) > POOL_BYTES_MAX ? [field.tooLong(path, POOL_BYTES_MAX)] : NONE),
    ...name.split("/").flatMap((part) => subdomain(part, path)),
  ]
}

/** An attribute or capacity: `memory`, or with the domain of whoever defined it `gpu.example.com/memory`. */
export function attributeName(name: string, path: FieldPath): Errors {
  const [first = "", second, ...others] = name.split("/")
  if (second === undefined) return identifier(first, path)
  // As in Kubernetes, names with more parts pass.
  if (others.length > 0) return NONE
  return [
    ...(first === "" ? [field.invalid(path, "", "the domain must not be empty")] : driverName(first, path)),
    ...(second === "" ? [field.invalid(path, "", "the name must not be empty")] : identifier(second, path)),
  ]
}

export function fullAttributeName(name: string, path: FieldPath): Errors {
  const why = "a fully qualified name must be a domain and a name separated by a slash"
  return [...attributeName(name, path), ...(name.includes("/") ? NONE : [field.invalid(path, name, why)])]
}

function identifier(id: string, path: FieldPath): Errors {
  return [
    ...(byteLength(id) > ID_BYTES_MAX ? [field.tooLong(path, ID_BYTES_MAX)] : NONE),
    ...allOf(cIdentifier(id), id, path),
  ]
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NORMAL_UID =
  "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"

export function shareId(uid: string | undefined, path: FieldPath): Errors {
  if (uid === undefined || UUID.test(uid)) return NONE
  if (uid.length !== 36) {
    return [field.invalid(path, uid, `error validating uid: invalid UUID length: ${byteLength(uid)}`)]
  }
  const isUpper = UUID.test(uid.toLowerCase())
  return [field.invalid(path, uid, isUpper ? NORMAL_UID : "error validating uid: invalid UUID format")]
}

interface Binding {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** Conditions that let a pod start with a device, or say that it never will: both or none. */
export function validateBinding(device: Binding, path: FieldPath): Errors {
  const { bindingConditions: wanted = [], bindingFailureConditions: failures = [] } = device
  const [wantedAt, failuresAt] = [path.child("bindingConditions"), path.child("bindingFailureConditions")]
  const overlap = "bindingFailureConditions must not overlap with bindingConditions"
  const missing = (what: string, other: string) => `${what} are required to use ${other}`
  return [
    ...validateSlice(wanted, CONDITIONS_MAX, wantedAt, qualified),
    ...validateSlice(failures, CONDITIONS_MAX, failuresAt, qualified),
    ...repeated(wanted, wantedAt),
    ...failures.flatMap((condition, index) => [
      ...(failures.indexOf(condition) < index ? [field.duplicate(failuresAt.index(index), condition)] : NONE),
      ...(wanted.includes(condition) ? [field.invalid(failuresAt.index(index), condition, overlap)] : NONE),
    ]),
    ...(wanted.length === 0 && failures.length > 0
      ? [field.invalid(wantedAt, undefined, missing("bindingConditions", "bindingFailureConditions"))]
      : NONE),
    ...(failures.length === 0 && wanted.length > 0
      ? [field.invalid(failuresAt, undefined, missing("bindingFailureConditions", "bindingConditions"))]
      : NONE),
  ]
}

function repeated(items: readonly string[], path: FieldPath): Errors {
  return items.flatMap((item, index) =>
    items.indexOf(item) < index ? [field.duplicate(path.index(index), item)] : NONE,
  )
}
