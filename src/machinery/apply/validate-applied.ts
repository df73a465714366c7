import { quote } from "../field/quote.ts"
import { sortedKeys } from "../json/key-order.ts"
import { goText } from "../patch/strategic-error.ts"
import { isObject } from "../patch/structure.ts"
import type { AnyStruct, FieldSchema, ScalarType, TypeSchema } from "../schema/schema.ts"
import { ItemError, itemElement, type MergeType, mergeTypeOf } from "./merge-type.ts"
import { elementText, fieldElement, type PathElement } from "./path-element.ts"

/**
 * What does not fit the schema in an applied configuration, in the words of Kubernetes' structured merge: unknown
 * fields, values of the wrong type, items of keyed lists without key or with the same key. Undefined when all is well.
 */
export function appliedProblem(struct: AnyStruct, value: unknown): string | undefined {
  const problems = [...(struct.form?.appliedProblems(value) ?? structProblems(struct, value, ""))]
  if (problems.length <= 1) return problems[0]
  return ["errors:", ...problems.map((problem) => `  ${problem}`)].join("\n")
}

/** `path` is where the value stands, as field paths of apply are written. */
export function structProblems(struct: AnyStruct, value: unknown, path: string): readonly string[] {
  const problems: string[] = []
  checkStruct(struct, mergeTypeOf(struct), value, path, problems)
  return problems
}

function checkStruct(struct: AnyStruct, type: MergeType, value: unknown, path: string, problems: string[]): void {
  if (value === null) return
  if (!isObject(value)) {
    report(problems, path, `expected map, got &{${goText(value)}}`)
    return
  }
  for (const name of sortedKeys(value)) {
    const field = struct.members.get(name)
    const here = path + elementText(fieldElement(name))
    if (field === undefined) {
      report(problems, here, "field not declared in schema")
      return
    }
    const inner = type.type === "struct" ? type.member(name) : undefined
    checkField(field, inner ?? { type: "leaf" }, value[name], here, problems)
  }
}

export function report(problems: string[], path: string, problem: string): void {
  problems.push(path === "" ? problem : `${path}: ${problem}`)
}

function checkField(field: FieldSchema, type: MergeType, value: unknown, path: string, problems: string[]): void {
  checkValue(field.type(), type, value, path, problems)
}

function checkValue(schema: TypeSchema, type: MergeType, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return
  switch (schema.type) {
    case "struct":
      // Inside what is owned as one the schema holds all the same.
      checkStruct(schema, type.type === "leaf" ? mergeTypeOf(schema) : type, value, path, problems)
      break
    case "map":
      if (!isObject(value)) report(problems, path, `expected map, got &{${goText(value)}}`)
      else {
        const inner = type.type === "map" ? type.value : ({ type: "leaf" } as const)
        for (const key of sortedKeys(value)) {
          checkValue(schema.value, inner, value[key], path + elementText(fieldElement(key)), problems)
        }
      }
      break
    case "list":
      if (Array.isArray(value)) checkItems(schema.item, type, value, path, problems)
      else report(problems, path, `expected list, got &{${goText(value)}}`)
      break
    case "either":
      // Published without a type, so anything goes.
      break
    default: {
      const problem = scalarProblem(SCALAR_KIND[schema.type], value)
      if (problem !== undefined) report(problems, path, problem)
    }
  }
}

function checkItems(
  schema: TypeSchema,
  type: MergeType,
  items: readonly unknown[],
  path: string,
  problems: string[],
): void {
  const named = type.type === "set" || type.type === "keyed" ? type : undefined
  const inner: MergeType = type.type === "keyed" ? type.item : { type: "leaf" }
  const seen = new Set<PathElement>()
  for (const [index, item] of items.entries()) {
    let element: PathElement = `i:${index}`
    try {
      if (named !== undefined) element = itemElement(named, item)
    } catch (error) {
      if (!(error instanceof ItemError)) throw error
      report(problems, path, `element ${index}: ${error.message}`)
      return
    }
    if (seen.has(element)) report(problems, path, `duplicate entries for key ${elementText(element)}`)
    seen.add(element)
    checkValue(schema, inner, item, path + elementText(element), problems)
  }
}

export type ScalarKind = "string" | "numeric" | "boolean" | "untyped" | "free"

const SCALAR_KIND: { readonly [type in ScalarType]: ScalarKind } = {
  string: "string",
  bool: "boolean",
  int32: "numeric",
  int64: "numeric",
  double: "numeric",
  bytes: "string",
  quantity: "untyped",
  intOrString: "untyped",
  time: "string",
  microTime: "string",
  duration: "string",
  rawExtension: "free",
  json: "free",
  fieldsV1: "free",
}

/** Why a value that is not null is no scalar of a kind. */
export function scalarProblem(kind: ScalarKind, value: unknown): string | undefined {
  const isNumber = typeof value === "number" || (typeof value === "object" && !Array.isArray(value) && !isObject(value))
  switch (kind) {
    case "string":
      return typeof value === "string"
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case "numeric":
      return isNumber ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got &{${goText(value)}}`
    case "untyped":
      return isNumber || typeof value === "string" || typeof value === "boolean"
        ? undefined
        : `expected any scalar, got &{${goText(value)}}`
    case "free":
      return undefined
  }
}

function goType(value: unknown): string {
  if (typeof value === "string") return "string"
  if (typeof value === "boolean") return "bool"
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}"
}

/** A value as Go's `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (typeof value === "string") return quote(value)
  if (value === null) return "interface {}(nil)"
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`
  if (!isObject(value)) return String(value)
  const members = sortedKeys(value).map((key) => `${quote(key)}:${goSyntax(value[key])}`)
  return `map[string]interface {}{${members.join(", ")}}`
}
