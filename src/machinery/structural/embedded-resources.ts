import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type { ObjectMeta } from "../meta/object-meta.ts"
import { dns1035Label } from "../names/dns.ts"
import { pathSegmentName } from "../names/identifiers.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"
import { validateObjectMeta } from "../validation/object-meta.ts"
import type { StructuralSchema } from "./structural-schema.ts"
import type { PlaceRule } from "./walk.ts"

/** Whole objects inside another one have a type and metadata that could stand by themselves. */
export function embeddedRule({ embeddedResource }: StructuralSchema): PlaceRule | undefined {
  if (!embeddedResource) return undefined
  return (value, path, errors) => {
    if (isObject(value)) validateEmbedded(value, path, errors)
  }
}

const NAME_FORMAT = { name: "path-segment", check: pathSegmentName }

function validateEmbedded(value: JsonObject, path: FieldPath, errors: FieldError[]): void {
  const { apiVersion, kind, metadata } = value
  for (const name of ["apiVersion", "kind"]) {
    if (!Object.hasOwn(value, name)) errors.push(field.required(path.child(name)))
  }
  if (apiVersion !== undefined) errors.push(...validateApiVersion(apiVersion, path.child("apiVersion")))
  if (kind !== undefined) errors.push(...validateKind(kind, path.child("kind")))
  if (!isObject(metadata)) return
  const meta = metadata as ObjectMeta
  // A name may be missing.
  const named = meta.name ? meta : { ...meta, name: "fakename" }
  const rules = { namespaced: (meta.namespace ?? "") !== "", nameFormat: NAME_FORMAT }
  errors.push(...validateObjectMeta(named, rules, path.child("metadata")))
}

function validateApiVersion(value: unknown, path: FieldPath): readonly FieldError[] {
  const problem = textProblem(value)
  if (problem !== undefined) return [field.invalid(path, value, problem)]
  const tooMany = String(value).split("/").length > 2
  return tooMany ? [field.invalid(path, value, `unexpected GroupVersion string: ${String(value)}`)] : []
}

function validateKind(value: unknown, path: FieldPath): readonly FieldError[] {
  const problem = textProblem(value)
  if (problem !== undefined) return [field.invalid(path, value, problem)]
  const problems = dns1035Label(String(value).toLowerCase())
  if (problems.length === 0) return []
  return [field.invalid(path, value, `may have mixed case, but should otherwise match: ${problems.join(",")}`)]
}

function textProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a string"
  return value === "" ? "must not be empty" : undefined
}
