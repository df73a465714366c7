import { goFloat } from "./go-float.ts"
import { FieldPath } from "./path.ts"
import { quote } from "./quote.ts"

/** The machine-readable kinds of field errors; they are also the `reason` of a status cause. */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooShort"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "FieldValueTypeInvalid"
  | "InternalError"

const TITLES: { readonly [type in FieldErrorType]: string } = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooShort: "Too short",
  FieldValueTooMany: "Too many",
  FieldValueTooFew: "Too few",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
}

/** One thing that is wrong with one field. `body` is the message without the path, as a status cause carries it. */
export interface FieldError {
  readonly type: FieldErrorType
  readonly field: string
  readonly body: string
}

type At = FieldPath | string

function make(type: FieldErrorType, at: At, value: string | undefined, detail: string): FieldError {
  const shown = value === undefined ? TITLES[type] : `${TITLES[type]}: ${value}`
  // Kubernetes prints the path without a parent as "<nil>".
  const field = at.toString() || "<nil>"
  return { type, field, body: detail === "" ? shown : `${shown}: ${detail}` }
}

/** A value as it stands in a message: strings quoted, numbers and booleans bare, the rest as JSON. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return quote(value)
  if (typeof value === "bigint") return value.toString()
  if (typeof value === "number" && !Number.isInteger(value)) return goFloat(value)
  if (value === undefined) return "null"
  // Go's JSON encoder makes these three safe to embed in HTML, and messages show it.
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner)).replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}

export const required = (at: At, detail = ""): FieldError => make("FieldValueRequired", at, undefined, detail)
export const forbidden = (at: At, detail: string): FieldError => make("FieldValueForbidden", at, undefined, detail)
export const invalid = (at: At, value: unknown, detail: string): FieldError =>
  make("FieldValueInvalid", at, formatValue(value), detail)
/** For values that are printed in a way of their own. */
export const invalidPrinted = (at: At, printed: string, detail: string): FieldError =>
  make("FieldValueInvalid", at, printed, detail)
/** For values that are too large to show, or say nothing. */
export const invalidUnshown = (at: At, detail: string): FieldError => make("FieldValueInvalid", at, undefined, detail)
export const typeInvalid = (at: At, value: unknown, detail: string): FieldError =>
  make("FieldValueTypeInvalid", at, formatValue(value), detail)
export const duplicate = (at: At, value: unknown): FieldError => make("FieldValueDuplicate", at, formatValue(value), "")
/** For values that are too large to show. */
export const duplicateUnshown = (at: At): FieldError => make("FieldValueDuplicate", at, undefined, "")
export const notFound = (at: At, value: unknown): FieldError => make("FieldValueNotFound", at, formatValue(value), "")
export const internal = (at: At, detail: string): FieldError => make("InternalError", at, undefined, detail)

/** `supported` is listed in the order given; callers sort it where Kubernetes does. */
export function notSupported(at: At, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? "" : `supported values: ${supported.map(quote).join(", ")}`
  return make("FieldValueNotSupported", at, formatValue(value), detail)
}

/** The value is longer than `bytesMax` bytes. */
export const tooLong = (at: At, bytesMax: number): FieldError =>
  make("FieldValueTooLong", at, undefined, `may not be more than ${bytesMax} ${bytesMax === 1 ? "byte" : "bytes"}`)

/** The value is longer than `charactersMax` characters. */
export const tooLongCharacters = (at: At, charactersMax: number): FieldError =>
  make(
    "FieldValueTooLong",
    at,
    undefined,
    `may not be more than ${charactersMax} ${charactersMax === 1 ? "character" : "characters"}`,
  )

export const tooShort = (at: At, charactersMin: number): FieldError =>
  make(
    "FieldValueTooShort",
    at,
    undefined,
    `must be at least ${charactersMin} ${charactersMin === 1 ? "character" : "characters"}`,
  )

export const tooMany = (at: At, count: number, countMax: number): FieldError =>
  make("FieldValueTooMany", at, `${count}`, `must have at most ${countMax} ${countMax === 1 ? "item" : "items"}`)

export const tooFew = (at: At, count: number, countMin: number): FieldError =>
  make("FieldValueTooFew", at, `${count}`, `must have at least ${countMin} ${countMin === 1 ? "item" : "items"}`)

/** One error in full: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function formatFieldError(error: FieldError): string {
  return `${error.field}: ${error.body}`
}

/** Several messages as one: repeated ones once, more than one in brackets. */
export function aggregateMessages(messages: readonly string[]): string {
  const distinct = [...new Set(messages)]
  return distinct.length === 1 ? (distinct[0] ?? "") : `[${distinct.join(", ")}]`
}
