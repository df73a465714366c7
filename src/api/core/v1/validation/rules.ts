import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { ipAddressAnySpelling } from "../../../../machinery/names/addresses.ts"
import { dns1123Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { portName, portNumber } from "../../../../machinery/names/identifiers.ts"
import { qualifiedName } from "../../../../machinery/names/labels.ts"
import type { AnyStruct } from "../../../../machinery/schema/schema.ts"

/** Rules of single values that validation combines. Each returns what is wrong. */

export type Errors = readonly FieldError[]
export const NONE: Errors = []

/** What a check of `machinery/names` found, as errors. */
export function allOf(problems: readonly string[], value: unknown, path: FieldPath): Errors {
  return problems.length === 0 ? NONE : problems.map((problem) => field.invalid(path, value, problem))
}

export const label = (value: string, path: FieldPath): Errors => allOf(dns1123Label(value), value, path)
export const subdomain = (value: string, path: FieldPath): Errors => allOf(dns1123Subdomain(value), value, path)
export const qualified = (value: string, path: FieldPath): Errors => allOf(qualifiedName(value), value, path)
/** Addresses in fields older than the strict rule may be spelled in any way that is not misread. */
export const address = (value: string, path: FieldPath): Errors => allOf(ipAddressAnySpelling(value), value, path)

export function portNumberOrName(port: number | string, path: FieldPath): Errors {
  return allOf(typeof port === "number" ? portNumber(port) : portName(port), port, path)
}

export function nonEmpty(value: string | readonly unknown[] | undefined, path: FieldPath, detail = ""): Errors {
  return value === undefined || value.length === 0 ? [field.required(path, detail)] : NONE
}

export function notNegative(value: number | undefined, path: FieldPath): Errors {
  return (value ?? 0) < 0 ? [field.invalid(path, value, "must be greater than or equal to 0")] : NONE
}

export function positive(value: number, path: FieldPath): Errors {
  return value <= 0 ? [field.invalid(path, value, "must be greater than zero")] : NONE
}

export function within(value: number, min: number, max: number, path: FieldPath): Errors {
  return value < min || value > max
    ? [field.invalid(path, value, `must be between ${min} and ${max}, inclusive`)]
    : NONE
}

/** `allowed` is shown in the order given. */
export function oneOf(value: string, allowed: readonly string[], path: FieldPath): Errors {
  return allowed.includes(value) ? NONE : [field.notSupported(path, value, allowed)]
}

/** As `oneOf`, where no value at all is a different mistake. */
export function requiredOneOf(value: string | undefined, allowed: readonly string[], path: FieldPath): Errors {
  return value ? oneOf(value, allowed, path) : [field.required(path)]
}

export function fileMode(mode: number | undefined, path: FieldPath): Errors {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return NONE
  return [field.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")]
}

export function noBacksteps(text: string, path: FieldPath): Errors {
  return text.split("/").includes("..") ? [field.invalid(path, text, "must not contain '..'")] : NONE
}

/** A path inside some folder. */
export function descendingPath(text: string, path: FieldPath): Errors {
  const absolute = text.startsWith("/") ? [field.invalid(path, text, "must be a relative path")] : NONE
  return [...absolute, ...noBacksteps(text, path)]
}

/** A path inside a projected volume, where names with two dots are taken. */
export function unreservedPath(text: string, path: FieldPath): Errors {
  const reserved = text.startsWith("..") && !text.startsWith("../")
  return [...descendingPath(text, path), ...(reserved ? [field.invalid(path, text, "must not start with '..'")] : NONE)]
}

/** Every other member than the allowed ones must be unset. Members are reported in the order of the struct. */
export function onlyAllowed(
  struct: AnyStruct,
  value: object,
  allowed: ReadonlySet<string>,
  detail: string,
  path: FieldPath,
): Errors {
  const members = new Map(Object.entries(value))
  const isSet = (name: string) => {
    const found: unknown = members.get(name)
    if (typeof found !== "object" || found === null) return found !== undefined && found !== null && found !== ""
    return Array.isArray(found) || Object.keys(found).length > 0
  }
  return [...struct.members.keys()]
    .filter((name) => !allowed.has(name) && isSet(name))
    .map((name) => field.forbidden(path.child(name), detail))
}

/** A member of a union that is there although another one is already. */
export class OneKind {
  #count = 0
  readonly #detail: string

  constructor(detail: string) {
    this.#detail = detail
  }

  /** The errors of the first member that is set; of later ones, that they are too many. */
  take<T>(value: T | undefined, path: FieldPath, validate: (value: T, path: FieldPath) => Errors): Errors {
    if (value === undefined) return NONE
    return this.#count++ === 0 ? validate(value, path) : [field.forbidden(path, this.#detail)]
  }

  get none(): boolean {
    return this.#count === 0
  }
}
