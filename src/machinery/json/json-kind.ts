import { ExactNumber } from "./exact-number.ts"

/** What Go calls the kind of a JSON value in its messages. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array"
  if (value instanceof ExactNumber) return "number"
  switch (typeof value) {
    case "boolean":
      return "bool"
    case "object":
      return value === null ? "null" : "object"
    default:
      return typeof value
  }
}
