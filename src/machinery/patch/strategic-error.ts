import { sortedKeys } from "../json/key-order.ts"
import { isObject, type JsonObject } from "./structure.ts"

/**
 * A strategic merge patch that cannot be applied, in Kubernetes' words. `code` is what the API answers: 400 for a
 * directive of the wrong form, 422 for lists of lists, 500 for the rest, as in Kubernetes.
 */
export class StrategicMergeError extends Error {
  readonly code: 400 | 422 | 500

  constructor(message: string, code: 400 | 422 | 500 = 500) {
    super(message)
    this.name = "StrategicMergeError"
    this.code = code
  }
}

export const badPrimitiveList = (): StrategicMergeError =>
  new StrategicMergeError("invalid patch format of primitive list", 400)
export const badRetainKeys = (): StrategicMergeError =>
  new StrategicMergeError("invalid patch format of retainKeys", 400)
export const badElementOrder = (): StrategicMergeError =>
  new StrategicMergeError("invalid patch format of setElementOrder list", 400)
export const listOfLists = (): StrategicMergeError => new StrategicMergeError("lists of lists are not supported", 422)

export const noMergeKey = (item: JsonObject, key: string): StrategicMergeError =>
  new StrategicMergeError(`map: ${goText(item)} does not contain declared merge key: ${key}`)

export const unknownDirective = (directive: unknown, item: JsonObject): StrategicMergeError =>
  new StrategicMergeError(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`)

export const badType = (expected: "list" | "map", found: unknown): StrategicMergeError =>
  new StrategicMergeError(`expected a ${GO_TYPE[expected]}, but received a ${GO_TYPE[kindOf(found)]}`)

/** What Go distinguishes among JSON values. */
export type Kind = "map" | "list" | "string" | "bool" | "integer" | "float" | "null"

const GO_TYPE: { readonly [kind in Kind]: string } = {
  map: "map[string]interface {}",
  list: "[]interface {}",
  string: "string",
  bool: "bool",
  integer: "int64",
  float: "float64",
  null: "%!s(<nil>)",
}

export function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return "null"
  if (Array.isArray(value)) return "list"
  switch (typeof value) {
    case "string":
      return "string"
    case "boolean":
      return "bool"
    case "number":
      return Number.isInteger(value) ? "integer" : "float"
    default:
      return isObject(value) ? "map" : "integer"
  }
}

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>"
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`
  if (!isObject(value)) return String(value)
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${goText(value[key])}`)
    .join(" ")}]`
}
