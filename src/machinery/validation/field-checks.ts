import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import { isObject } from "../patch/structure.ts"
import type { FieldSchema, Format } from "../schema/schema.ts"
import { repeatedItems } from "./repeated-items.ts"

/** The rules that stand with one field, for its value as a whole: bounds, formats, lengths. */

/** `value` is present. */
export type Check = (value: unknown, path: FieldPath, errors: FieldError[]) => void

export function checksOf(schema: FieldSchema): readonly Check[] {
  const type = schema.type()
  const checks: (Check | undefined)[] =
    type.type === "list"
      ? [itemCounts(schema), repeats(schema), each(textChecks(schema))]
      : type.type === "map"
        ? [eachKey(schema.keyFormat), eachValue(textChecks(schema))]
        : [...textChecks(schema), bounds(schema)]
  return checks.filter((check) => check !== undefined)
}

function textChecks({ enum: allowed, format, maxLength }: FieldSchema): readonly Check[] {
  const checks: Check[] = []
  if (allowed !== undefined) checks.push(oneOf(allowed))
  if (maxLength !== undefined) checks.push(lengthAtMost(maxLength))
  if (format !== undefined) checks.push(inFormat(format))
  return checks
}

function oneOf(allowed: readonly string[]): Check {
  const known: ReadonlySet<unknown> = new Set(allowed)
  const supported = allowed.toSorted()
  return (value, path, errors) => {
    if (!known.has(value)) errors.push(field.notSupported(path, value, supported))
  }
}

function lengthAtMost(charactersMax: number): Check {
  return (value, path, errors) => {
    // A character takes one or two UTF-16 units, so most texts need not be counted.
    if (typeof value !== "string" || value.length <= charactersMax) return
    if ([...value].length > charactersMax) errors.push(field.tooLongCharacters(path, charactersMax))
  }
}

function inFormat(format: Format): Check {
  return (value, path, errors) => {
    if (typeof value !== "string") return
    for (const problem of format.check(value)) errors.push(field.invalid(path, value, problem))
  }
}

function bounds({ min, max }: FieldSchema): Check | undefined {
  if (min === undefined && max === undefined) return undefined
  const low = min ?? Number.NEGATIVE_INFINITY
  const high = max ?? Number.POSITIVE_INFINITY
  return (value, path, errors) => {
    // 64-bit integers beyond 2^53 are objects that compare as numbers.
    const number = Number(value)
    if (number >= low && number <= high) return
    errors.push(field.invalid(path, value, boundsMessage(min, max, number < low)))
  }
}

function boundsMessage(min: number | undefined, max: number | undefined, tooLow: boolean): string {
  if (min !== undefined && max !== undefined) return `must be between ${min} and ${max}, inclusive`
  return tooLow ? `must be greater than or equal to ${min}` : `must be less than or equal to ${max}`
}

function itemCounts({ minItems = 0, maxItems = Number.POSITIVE_INFINITY }: FieldSchema): Check | undefined {
  if (minItems === 0 && maxItems === Number.POSITIVE_INFINITY) return undefined
  return (value, path, errors) => {
    if (!Array.isArray(value)) return
    if (value.length > maxItems) errors.push(field.tooMany(path, value.length, maxItems))
    if (value.length < minItems) errors.push(field.tooFew(path, value.length, minItems))
  }
}

function repeats(schema: FieldSchema): Check | undefined {
  if (schema.unique !== true) return undefined
  const keys = schema.listType === "map" ? (schema.mapKeys ?? []) : undefined
  return (value, path, errors) => {
    if (!Array.isArray(value)) return
    for (const index of repeatedItems(value, keys)) errors.push(repeatError(path.index(index), value[index], keys))
  }
}

function repeatError(path: FieldPath, item: unknown, keys: readonly string[] | undefined): FieldError {
  if (keys === undefined || !isObject(item)) return field.duplicate(path, item)
  const [key = "", ...others] = keys
  if (others.length === 0) return field.duplicate(path.child(key), item[key])
  return field.duplicate(path, Object.fromEntries(keys.map((name) => [name, item[name]])))
}

function each(checks: readonly Check[]): Check | undefined {
  if (checks.length === 0) return undefined
  return (value, path, errors) => {
    if (!Array.isArray(value)) return
    for (const [index, item] of value.entries()) for (const check of checks) check(item, path.index(index), errors)
  }
}

function eachKey(format: Format | undefined): Check | undefined {
  if (format === undefined) return undefined
  return (value, path, errors) => {
    if (!isObject(value)) return
    for (const key of Object.keys(value)) {
      for (const problem of format.check(key)) errors.push(field.invalid(path.key(key), key, problem))
    }
  }
}

function eachValue(checks: readonly Check[]): Check | undefined {
  if (checks.length === 0) return undefined
  return (value, path, errors) => {
    if (!isObject(value)) return
    for (const key of Object.keys(value)) for (const check of checks) check(value[key], path.key(key), errors)
  }
}
