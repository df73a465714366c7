import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { ExactNumber } from "../json/exact-number.ts"
import { goText } from "../patch/strategic-error.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"

/** Where the scale subresource finds its values, as the definition says, such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

const REPLICAS_MAX = 2 ** 31 - 1

export function validateSpecReplicas({ specReplicasPath }: ScalePaths, object: JsonObject): readonly FieldError[] {
  return validateReplicas(specReplicasPath, object)
}

export function validateScaleStatus(scale: ScalePaths, object: JsonObject): readonly FieldError[] {
  const { statusReplicasPath, labelSelectorPath } = scale
  const errors = validateReplicas(statusReplicasPath, object)
  if (labelSelectorPath === undefined) return errors
  const found = valueAt(labelSelectorPath, object, "string")
  return "problem" in found ? [...errors, field.invalid(labelSelectorPath, "", found.problem)] : errors
}

function validateReplicas(path: string, object: JsonObject): readonly FieldError[] {
  const found = valueAt(path, object, "int64")
  if ("problem" in found) return [field.invalid(path, 0, found.problem)]
  const replicas = Number(found.value ?? 0)
  if (replicas < 0) return [field.invalid(path, found.value, "should be a non-negative integer")]
  if (replicas <= REPLICAS_MAX) return []
  return [field.invalid(path, found.value, `should be less than or equal to ${REPLICAS_MAX}`)]
}

type Found = { readonly value: unknown } | { readonly problem: string }

/** What stands at a path of names; undefined when nothing does. A value of another type is a problem, in Go's words. */
export function valueAt(path: string, object: JsonObject, wanted: "int64" | "string"): Found {
  const names = path.replace(/^\./, "").split(".")
  let at: unknown = object
  for (const [index, name] of names.entries()) {
    if (at === null || at === undefined) return { value: undefined }
    if (!isObject(at)) return { problem: accessProblem(names.slice(0, index + 1), at, "map[string]interface {}") }
    if (!Object.hasOwn(at, name)) return { value: undefined }
    at = at[name]
  }
  const fits = wanted === "string" ? typeof at === "string" : Number.isSafeInteger(at) || at instanceof ExactNumber
  return fits ? { value: at } : { problem: accessProblem(names, at, wanted) }
}

function accessProblem(names: readonly string[], value: unknown, wanted: string): string {
  return `.${names.join(".")} accessor error: ${goText(value)} is of the type ${goTypeName(value)}, expected ${wanted}`
}

/** The Go type of a value of JSON. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return "<nil>"
  if (Array.isArray(value)) return "[]interface {}"
  if (isObject(value)) return "map[string]interface {}"
  if (typeof value === "string") return "string"
  if (typeof value === "boolean") return "bool"
  return Number.isSafeInteger(value) || value instanceof ExactNumber ? "int64" : "float64"
}
