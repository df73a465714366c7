import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import { compareKeys } from "../json/key-order.ts"
import { missingStructure } from "./completeness.ts"
import { type IntOrStringPattern, type Level, validateNestedValues } from "./nested-rules.ts"
import { parseNested, parseStructural } from "./parse-structural.ts"
import type { NestedValidation, StructuralSchema, ValueValidation } from "./structural-schema.ts"

/**
 * Why a schema is not structural, in the order of the messages; empty when it is.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function validateStructural(schema: StructuralSchema, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  validatePlace(schema, "root", path, errors)
  missingStructure(schema, path, errors)
  const texts = new Map(errors.map((error) => [error, field.formatFieldError(error)]))
  return errors.sort((a, b) => compareKeys(texts.get(a) ?? "", texts.get(b) ?? ""))
}

function validatePlace(schema: StructuralSchema, level: Level, path: FieldPath, errors: FieldError[]): void {
  const { items, properties, additionalProperties: others } = schema
  if (schema.type === "array" && items === undefined) {
    errors.push(field.required(path.child("items"), "must be specified"))
  }
  if (items !== undefined) validatePlace(items, "item", path.child("items"), errors)
  for (const [name, property] of properties) {
    validatePlace(property, "field", path.child("properties").key(name), errors)
  }
  const at = path.child("additionalProperties")
  if (others !== undefined && level === "root") errors.push(field.forbidden(at, "must not be used at the root"))
  if (typeof others === "object") validatePlace(others, "field", at, errors)
  validateExtensions(schema, path, errors)
  validateNestedValues(schema.values, path, errors, intOrStringPattern(schema.values))
  validateType(schema, level, path, errors)
  validateCommonMembers(schema, level, path, errors)
}

function validateExtensions(schema: StructuralSchema, path: FieldPath, errors: FieldError[]): void {
  if (!schema.intOrString) return
  for (const [name, set] of [
    ["x-kubernetes-preserve-unknown-fields", schema.preserveUnknownFields],
    ["x-kubernetes-embedded-resource", schema.embeddedResource],
  ] as const) {
    if (set) errors.push(field.invalid(path.child(name), true, "must be false if x-kubernetes-int-or-string is true"))
  }
}

/** The two ways to spell an int-or-string out, in which types may stand below `anyOf`. */
export function intOrStringPattern({ anyOf, allOf }: ValueValidation): IntOrStringPattern | undefined {
  if (isIntOrString(anyOf)) return "anyOf"
  return isIntOrString(allOf[0]?.anyOf) ? "allOf" : undefined
}

function isIntOrString(parts: readonly NestedValidation[] = []): boolean {
  return parts.length === 2 && isOnlyType(parts[0], "integer") && isOnlyType(parts[1], "string")
}

function isOnlyType(part: NestedValidation | undefined, type: string): boolean {
  return part !== undefined && schemaText(part) === schemaText(parseNested({ type }))
}

/** The same for schemas that say the same. */
function schemaText(schema: StructuralSchema | NestedValidation): string {
  return JSON.stringify(schema, (_, value: unknown) => (value instanceof Map ? [...value] : value))
}

const WHERE: { readonly [level in Level]: string } = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
}

function validateType(schema: StructuralSchema, level: Level, path: FieldPath, errors: FieldError[]): void {
  const at = path.child("type")
  const { type } = schema
  if (schema.embeddedResource && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true"
    errors.push(type === "" ? field.required(at, why) : field.invalid(at, type, why))
  } else if (type === "" && !schema.intOrString && !schema.preserveUnknownFields) {
    errors.push(field.required(at, WHERE[level]))
  }
  if (schema.embeddedResource && schema.additionalProperties !== undefined) {
    const why = "must not be used if x-kubernetes-embedded-resource is set"
    errors.push(field.forbidden(path.child("additionalProperties"), why))
  }
  if (level === "root" && type !== "" && type !== "object") {
    errors.push(field.invalid(at, type, "must be object at the root"))
  }
}

/** What the members that every object has may be restricted to. */
function validateCommonMembers(schema: StructuralSchema, level: Level, path: FieldPath, errors: FieldError[]): void {
  const isObject = level === "root" || schema.embeddedResource
  const at = (name: string) => path.child("properties").key(name)
  for (const name of ["kind", "apiVersion"]) {
    const member = schema.properties.get(name)
    if (member !== undefined && isObject && member.type !== "string") {
      errors.push(field.invalid(at(name).child("type"), member.type, "must be string"))
    }
  }
  const metadata = schema.properties.get("metadata")
  if (metadata !== undefined && isObject && metadata.type !== "object") {
    errors.push(field.invalid(at("metadata").child("type"), metadata.type, "must be object"))
  }
  if (metadata !== undefined && level === "root" && !restrictsOnlyNames(metadata)) {
    const why = "must not specify anything other than name and generateName, but metadata is implicitly specified"
    errors.push(field.forbidden(at("metadata"), why))
  }
  if (schema.embeddedResource && !schema.preserveUnknownFields && schema.properties.size === 0) {
    const why =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
    errors.push(field.required(path.child("properties"), why))
  }
}

function restrictsOnlyNames(metadata: StructuralSchema): boolean {
  const names = [...metadata.properties.keys()]
  if (!names.every((name) => name === "name" || name === "generateName")) return false
  // The default is refused elsewhere.
  const rest = { ...metadata, properties: new Map(), type: "", default: undefined }
  return schemaText(rest) === schemaText(parseStructural({}))
}
