import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { percent } from "../../../../machinery/names/identifiers.ts"
import { allOf, type Errors, NONE, notNegative } from "./rules.ts"

/** Fields that take a number of pods or a share of them. */

export function countOrPercent(value: number | string, path: FieldPath): Errors {
  return typeof value === "number" ? notNegative(value, path) : allOf(percent(value), value, path)
}

export function atMostAll(value: number | string, path: FieldPath): Errors {
  const isShare = typeof value === "string" && percent(value).length === 0
  return isShare && numberOf(value) > 100 ? [field.invalid(path, value, "must not be greater than 100%")] : NONE
}

/** The number, or that of the percentage; 0 for any other text. */
export function numberOf(value: number | string): number {
  if (typeof value === "number") return value
  return /^[-+]?[0-9]+%?$/.test(value) ? Number.parseInt(value, 10) : 0
}
