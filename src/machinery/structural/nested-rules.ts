import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import { compileRegex, RegexError } from "../regex/regex.ts"
import type { NestedValidation, ValueValidation } from "./structural-schema.ts"

export type Level = "root" | "item" | "field"
/** Where the types of an int-or-string stand. */
export type IntOrStringPattern = "anyOf" | "allOf"

/** What stands below `allOf`, `anyOf`, `oneOf` and `not` may restrict values, but must not give them a shape. */
export function validateNestedValues(
  values: ValueValidation,
  path: FieldPath,
  errors: FieldError[],
  pattern?: IntOrStringPattern,
): void {
  const each = (name: "anyOf" | "allOf" | "oneOf") => {
    for (const [index, part] of values[name].entries()) {
      const inner = name === "allOf" && pattern === "allOf" && index === 0 ? "anyOf" : undefined
      validateNested(part, path.child(name).index(index), errors, inner)
    }
  }
  if (pattern !== "anyOf") each("anyOf")
  each("allOf")
  each("oneOf")
  if (values.not !== undefined) validateNested(values.not, path.child("not"), errors)
  const problem = patternProblem(values.pattern)
  if (problem === undefined) return
  const why = `must be a valid regular expression, but isn't: ${problem}`
  errors.push(field.invalid(path.child("pattern"), values.pattern, why))
}

function patternProblem(pattern: string): string | undefined {
  try {
    if (pattern !== "") compileRegex(pattern)
    return undefined
  } catch (error) {
    if (error instanceof RegexError) return error.message
    throw error
  }
}

function validateNested(
  part: NestedValidation,
  path: FieldPath,
  errors: FieldError[],
  pattern?: IntOrStringPattern,
): void {
  validateNestedValues(part, path, errors, pattern)
  if (part.items !== undefined) validateNested(part.items, path.child("items"), errors)
  for (const [name, property] of part.properties) {
    validateNested(property, path.child("properties").key(name), errors)
  }
  for (const [name, found, why] of forbidden(part)) {
    if (found) errors.push(field.forbidden(path.child(name), `must be ${why} to be structural`))
  }
  if (part.properties.has("metadata")) {
    const at = path.child("properties").key("metadata")
    errors.push(field.forbidden(at, "must not be specified in a nested context"))
  }
}

type Ban = readonly [name: string, found: boolean, why: "empty" | "undefined" | "false"]

function forbidden({ forbidden: found, additionalProperties, rules }: NestedValidation): readonly Ban[] {
  return [
    ["type", found.type !== "", "empty"],
    ["additionalProperties", additionalProperties !== undefined, "undefined"],
    ["default", found.default !== undefined, "undefined"],
    ["title", found.title !== "", "empty"],
    ["description", found.description !== "", "empty"],
    ["nullable", found.nullable, "false"],
    ["x-kubernetes-preserve-unknown-fields", found.preserveUnknownFields, "false"],
    ["x-kubernetes-embedded-resource", found.embeddedResource, "false"],
    ["x-kubernetes-int-or-string", found.intOrString, "false"],
    ["x-kubernetes-list-map-keys", found.listMapKeys.length > 0, "empty"],
    ["x-kubernetes-list-type", found.listType !== undefined, "undefined"],
    ["x-kubernetes-map-type", found.mapType !== undefined, "undefined"],
    ["x-kubernetes-validations", rules.length > 0, "empty"],
  ]
}
