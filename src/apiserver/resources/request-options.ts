import type { FieldValidation } from "../../machinery/decode/decode.ts"
import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { badRequest, invalid } from "../../machinery/status/errors.ts"
import { validateFieldManager } from "../../machinery/validation/object-meta.ts"
import type { ApiCall } from "../call.ts"

/** Query parameters of writes. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
  /** Only for apply. */
  readonly force: boolean | undefined
}

export type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions" | "ListOptions"

export const META_GROUP = "meta.k8s.io"
const FIELD_MANAGER_LENGTH_MAX = 128
const FIELD_MANAGER = FieldPath.root("fieldManager")
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u
/** What nearly every program is called. */
const PLAIN = /^[\x20-\x7e]+$/

export function invalidOptions(kind: OptionsKind, errors: readonly FieldError[]) {
  return invalid({ group: META_GROUP, kind }, "", errors)
}

/** Throws a 422 that lists everything that is wrong with the parameters. */
export function writeOptions(call: ApiCall, kind: OptionsKind, isApply = false): WriteOptions {
  const { query } = call
  const errors: FieldError[] = []
  const fieldManager = query.get("fieldManager") ?? ""
  const force = flag(query, "force")
  if (kind === "PatchOptions") {
    if (isApply && fieldManager === "") errors.push(field.required("fieldManager", "is required for apply patch"))
    if (!isApply && force !== undefined) {
      errors.push(field.forbidden("force", "may not be specified for non-apply patch"))
    }
  }
  errors.push(...validateFieldManager(fieldManager, FIELD_MANAGER))
  const dryRuns = query.getAll("dryRun")
  errors.push(...dryRunErrors(dryRuns))
  const validation = query.get("fieldValidation") ?? ""
  if (!isFieldValidation(validation)) {
    errors.push(field.notSupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]))
  }
  if (errors.length > 0) throw invalidOptions(kind, errors)
  return {
    dryRun: dryRuns.length > 0,
    fieldManager: fieldManager === "" ? managerOf(call.userAgent) : fieldManager,
    // Servers warn by default since 1.25.
    fieldValidation: validation === "" ? "Warn" : (validation as FieldValidation),
    force,
  }
}

/** The parameters as an object, as admission shows them. */
export function optionsObject({ query }: ApiCall, kind: "CreateOptions" | "UpdateOptions"): object {
  const [fieldManager, fieldValidation] = [query.get("fieldManager"), query.get("fieldValidation")]
  const dryRun = query.getAll("dryRun")
  return {
    kind,
    apiVersion: `${META_GROUP}/v1`,
    ...(dryRun.length > 0 && { dryRun }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation && { fieldValidation }),
  }
}

function isFieldValidation(text: string): boolean {
  return text === "" || text === "Strict" || text === "Warn" || text === "Ignore"
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.some((value) => value !== "All") ? [field.notSupported("dryRun", values, ["All"])] : []
}

export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  return value.toLowerCase() !== "false" && value !== "0"
}

/** A whole number; undefined when absent. Throws a 400 when it is none. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d{1,15}$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** Without a named field manager the program's name is taken: `kubectl/v1.36 (linux)` → `kubectl`. */
function managerOf(userAgent: string): string {
  const name = (userAgent.split("/")[0] ?? "").slice(0, FIELD_MANAGER_LENGTH_MAX)
  if (PLAIN.test(name)) return name
  const printable = [...name].filter((character) => !UNPRINTABLE.test(character)).join("")
  return printable === "" ? "unknown" : printable
}
