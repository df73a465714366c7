import { ExactNumber } from "../json/exact-number.ts"
import { deepEqual, isObject } from "../patch/structure.ts"
import { compileRegex, RegexError } from "../regex/regex.ts"
import { FORMATS, formatName, isKnownFormat } from "./formats.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { Place, ValueReport } from "./value-report.ts"

/** The rules of one place in a schema for the value there, without what is inside it. */

/** Returns how much was right: among alternatives that all fail, the one with the most is explained. */
export type Check = (value: unknown, place: Place | undefined, report: ValueReport) => number

/** Types as a value of JSON has them; an integer is one that is exact. */
export type JsonType = "null" | "boolean" | "string" | "integer" | "number" | "array" | "object"

export function jsonTypeOf(value: unknown): JsonType {
  switch (typeof value) {
    case "string":
      return "string"
    case "boolean":
      return "boolean"
    case "number":
      return Number.isSafeInteger(value) ? "integer" : "number"
    default:
      if (value === null || value === undefined) return "null"
      if (Array.isArray(value)) return "array"
      return value instanceof ExactNumber ? "integer" : "object"
  }
}

export interface Types {
  readonly all: readonly string[]
  /** The format, when Kubernetes knows it for this type; else empty. */
  readonly format: string
}

/** `asWritten`: as Kubernetes checks defaults, where an int-or-string has no type, and formats are not looked at. */
export function typesOf(source: SchemaSource, asWritten = false): Types {
  const { type = "", format = "" } = source
  if (asWritten) return { all: type === "" ? [] : [type], format }
  const all = source["x-kubernetes-int-or-string"] ? ["integer", "string"] : type === "" ? [] : [type]
  const single = all.length === 1 ? (all[0] ?? "") : ""
  return { all, format: isKnownFormat(format, single) ? format : "" }
}

/** For values that are not null. Undefined where there is neither type nor format. */
export function compileType({ all, format }: Types): ((type: JsonType) => TypeProblem | undefined) | undefined {
  if (all.length === 0 && format === "") return undefined
  const names = all.join(",")
  const takesNumbers = all.includes("number") || all.includes("integer")
  const fits = (type: JsonType) => all.includes(type) || (type === "integer" && all.includes("number"))
  return (type) => {
    if (fits(type)) return undefined
    const isTextOrList = type === "string" || type === "array"
    if (format !== "" && !isTextOrList) {
      // Kubernetes compares the format that the value's own type has.
      const own = type === "integer" ? "int64" : type === "number" ? "float64" : ""
      if (own !== format) return { wanted: format, found: own }
    }
    // Text and lists with a format are left to the format's own check.
    if (!takesNumbers && format !== "" && isTextOrList) return undefined
    return { wanted: names, found: type }
  }
}

interface TypeProblem {
  readonly wanted: string
  readonly found: string
}

/** Lengths and pattern: the first that fails. */
export function compileText({ maxLength, minLength, pattern = "" }: SchemaSource): Check {
  if (maxLength === undefined && minLength === undefined && pattern === "") return () => 0
  return (value, place, report) => {
    const text = value as string
    // A character takes one or two UTF-16 units, so most texts need not be counted.
    const length = text.length < (minLength ?? 0) || text.length <= (maxLength ?? 0) ? text.length : characters(text)
    if (maxLength !== undefined && length > maxLength) report.tooLong(place, maxLength)
    else if (minLength !== undefined && length < minLength) {
      report.invalid(place, value, `in body should be at least ${minLength} chars long`)
    } else if (pattern !== "") checkPattern(pattern, text, place, report)
    return 0
  }
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function checkPattern(pattern: string, text: string, place: Place | undefined, report: ValueReport): void {
  try {
    if (!compileRegex(pattern).test(text)) report.invalid(place, text, `in body should match '${pattern}'`)
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    const why = `${pattern}, but pattern is invalid: ${error.message}`
    report.invalid(place, text, `in body should match '${why}'`)
  }
}

/** Undefined for formats that texts do not have. */
export function compileFormat(format: string): Check | undefined {
  const accepts = FORMATS.get(formatName(format))
  if (accepts === undefined) return undefined
  return (value, place, report) => {
    if (!accepts(value as string)) report.wrongType(place, format, value as string)
    return 0
  }
}

export function compileEnum(allowed: readonly unknown[] | undefined): Check | undefined {
  if (allowed === undefined || allowed.length === 0) return undefined
  const scalars = new Set(allowed.filter((one) => typeof one !== "object"))
  const others = allowed.filter((one) => typeof one === "object" && one !== null)
  return (value, place, report) => {
    // As in Kubernetes, null is never one of the values.
    const found =
      scalars.has(value) ||
      // Kubernetes converts a number to the type that it compares it with, and so cuts fractions off.
      (typeof value === "number" && scalars.has(Math.trunc(value))) ||
      (typeof value === "object" && others.some((one) => deepEqual(one, value)))
    if (!found) report.notInEnum(place, value, allowed)
    return 0
  }
}

export function compileItemCounts({ minItems, maxItems, uniqueItems }: SchemaSource): Check {
  return (value, place, report) => {
    const list = value as readonly unknown[]
    if (minItems !== undefined && list.length < minItems) {
      report.invalid(place, list.length, `in body should have at least ${minItems} items`)
    }
    if (maxItems !== undefined && list.length > maxItems) report.tooMany(place, "items", list.length, maxItems)
    if (uniqueItems && list.some((one, i) => list.slice(0, i).some((other) => deepEqual(one, other)))) {
      report.invalid(place, "", "in body shouldn't contain duplicates")
    }
    return 0
  }
}

export function compileMemberCounts({ minProperties, maxProperties }: SchemaSource): Check {
  if (minProperties === undefined && maxProperties === undefined) return () => 0
  return (value, place, report) => {
    const count = isObject(value) ? Object.keys(value).length : 0
    if (minProperties !== undefined && count < minProperties) {
      report.invalid(place, count, `in body should have at least ${minProperties} properties`)
    }
    if (maxProperties !== undefined && count > maxProperties) {
      report.tooMany(place, "properties", count, maxProperties)
    }
    return 0
  }
}
