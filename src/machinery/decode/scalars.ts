import { ExactNumber } from "../json/exact-number.ts"
import { canonicalQuantity } from "../quantity/quantity.ts"
import type { ScalarType } from "../schema/schema.ts"
import { canonicalDuration } from "../time/duration.ts"
import { canonicalMicroTime, canonicalTime } from "../time/timestamp.ts"

/**
 * The value does not fit its field. Carries no message: `diagnose` finds the words afterwards, so that good input pays
 * nothing for them.
 */
export class Mismatch extends Error {}

/** Thrown without a stack, and so at no cost. */
export const MISMATCH = new Mismatch("value does not fit the schema")

export type DecodeScalar = (value: unknown) => unknown

const INT32_MAX = 2147483647
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function int32(value: unknown): unknown {
  if (typeof value !== "number" || !Number.isInteger(value) || value > INT32_MAX || value < -INT32_MAX - 1) {
    throw MISMATCH
  }
  // Adding zero turns -0 into 0.
  return value + 0
}

function int64(value: unknown): unknown {
  if (value instanceof ExactNumber) return value
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw MISMATCH
  return value + 0
}

function text(value: unknown): string {
  if (typeof value !== "string") throw MISMATCH
  return value
}

function some(value: string | undefined): string {
  if (value === undefined) throw MISMATCH
  return value
}

/** Canonical base64; line breaks inside are allowed, as in Go. */
export function canonicalBase64(value: string): string | undefined {
  const joined = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value
  if (joined.length % 4 !== 0 || !BASE64.test(joined)) return undefined
  // The last quantum may carry bits that mean nothing.
  return joined.endsWith("=")
    ? joined.slice(0, -4) + Buffer.from(joined.slice(-4), "base64").toString("base64")
    : joined
}

function quantity(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") throw MISMATCH
  try {
    return canonicalQuantity(String(value).trim())
  } catch {
    throw MISMATCH
  }
}

function double(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value)
  if (typeof value !== "number") throw MISMATCH
  return value
}

function jsonObject(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof ExactNumber) {
    throw MISMATCH
  }
  return value
}

/** From any JSON value but null to the in-memory form. Throws `MISMATCH`. */
export const DECODE_SCALAR: { readonly [type in ScalarType]: DecodeScalar } = {
  string: text,
  bool: (value) => {
    if (typeof value !== "boolean") throw MISMATCH
    return value
  },
  int32,
  int64,
  double,
  bytes: (value) => some(canonicalBase64(text(value))),
  quantity,
  intOrString: (value) => (typeof value === "string" ? value : int32(value)),
  time: (value) => some(canonicalTime(text(value))),
  microTime: (value) => some(canonicalMicroTime(text(value))),
  duration: (value) => some(canonicalDuration(text(value))),
  rawExtension: jsonObject,
  json: (value) => value,
  fieldsV1: jsonObject,
}

/** What an absent value of a field that is always written is. */
export const ZERO_SCALAR: { readonly [type in ScalarType]: string | number | boolean | null } = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: "",
  quantity: "0",
  intOrString: 0,
  time: null,
  microTime: null,
  duration: "0s",
  rawExtension: null,
  json: null,
  fieldsV1: null,
}
