import { ItemError, itemElement } from "../apply/merge-type.ts"
import { elementText, fieldElement, type PathElement } from "../apply/path-element.ts"
import { report, type ScalarKind, scalarProblem, structProblems } from "../apply/validate-applied.ts"
import { sortedKeys } from "../json/key-order.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import { goText } from "../patch/strategic-error.ts"
import { isObject } from "../patch/structure.ts"
import { listType } from "./merge-types.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/** What does not fit the schema in an applied configuration, in the words of Kubernetes' structured merge. */
export function appliedProblems(schema: StructuralSchema | undefined, value: unknown): readonly string[] {
  const problems: string[] = []
  const keeps = schema === undefined || schema.preserveUnknownFields
  checkObject({ schema, keeps, isResource: true }, value, "", problems)
  return problems
}

interface Form {
  readonly schema: StructuralSchema | undefined
  /** This object or one around it keeps what its schema does not know. */
  readonly keeps: boolean
  readonly isResource: boolean
}

function check(schema: StructuralSchema, inherited: boolean, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return
  const keeps = inherited || schema.preserveUnknownFields
  const form = { schema, keeps, isResource: schema.embeddedResource }
  switch (schema.type) {
    case "object":
      return checkObject(form, value, path, problems)
    case "array":
      return checkList(schema, keeps, value, path, problems)
    case "":
      if (isObject(value)) checkObject(form, value, path, problems)
      else if (Array.isArray(value)) checkList(schema, keeps, value, path, problems)
      return
    default: {
      const problem = scalarProblem(scalarKind(schema), value)
      if (problem !== undefined) report(problems, path, problem)
    }
  }
}

function scalarKind({ type, values: { format } }: StructuralSchema): ScalarKind {
  if (type === "boolean") return "boolean"
  if (type === "integer" || type === "number") return "numeric"
  return format === "" || format === "byte" ? "string" : "untyped"
}

function checkObject(form: Form, value: unknown, path: string, problems: string[]): void {
  if (!isObject(value)) {
    if (value !== null) report(problems, path, `expected map, got &{${goText(value)}}`)
    return
  }
  const { schema, keeps, isResource } = form
  const others = schema?.additionalProperties
  const isFree = others === undefined ? keeps || (!isResource && schema?.properties.size === 0) : others === true
  for (const name of sortedKeys(value)) {
    const at = path + elementText(fieldElement(name))
    const property = schema?.properties.get(name)
    if (isResource && name === "metadata") problems.push(...structProblems(ObjectMeta, value[name], at))
    else if (isResource && (name === "apiVersion" || name === "kind")) checkText(value[name], at, problems)
    else if (property !== undefined) check(property, keeps, value[name], at, problems)
    else if (typeof others === "object") check(others, keeps, value[name], at, problems)
    else if (!isFree) {
      report(problems, at, "field not declared in schema")
      return
    }
  }
}

function checkText(value: unknown, path: string, problems: string[]): void {
  const problem = value === null ? undefined : scalarProblem("string", value)
  if (problem !== undefined) report(problems, path, problem)
}

function checkList(schema: StructuralSchema, keeps: boolean, value: unknown, path: string, problems: string[]): void {
  if (!Array.isArray(value)) {
    report(problems, path, `expected list, got &{${goText(value)}}`)
    return
  }
  const { items } = schema
  const type = listType(schema, keeps)
  const seen = new Set<PathElement>()
  for (const [index, item] of value.entries()) {
    let element: PathElement = `i:${index}`
    try {
      if (type.type === "set" || type.type === "keyed") element = itemElement(type, item)
    } catch (error) {
      if (!(error instanceof ItemError)) throw error
      report(problems, path, `element ${index}: ${error.message}`)
      return
    }
    if (seen.has(element)) report(problems, path, `duplicate entries for key ${elementText(element)}`)
    seen.add(element)
    if (items !== undefined) check(items, keeps, item, path + elementText(element), problems)
  }
}
