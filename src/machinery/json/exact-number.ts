/**
 * Integers beyond 2^53 in free-form JSON, kept as their text. `JSON.stringify` writes them unchanged, so they survive
 * a round trip, which a number would not.
 */
export interface ExactNumber {
  readonly rawJSON: string
}

interface RawJson {
  rawJSON(text: string): ExactNumber
  isRawJSON(value: unknown): value is ExactNumber
}

// In every current engine, not yet in TypeScript's library.
const raw = JSON as unknown as RawJson

const INTEGER = /^-?[0-9]+$/
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

export const isExactNumber = (value: unknown): value is ExactNumber => raw.isRawJSON(value)

/** A JSON number as a double when that is exact, as its text when it is an integer of 64 bits, else the nearest double. */
export function numberFromText(text: string): number | ExactNumber {
  const value = Number(text)
  if (!INTEGER.test(text) || Number.isSafeInteger(value)) return value
  const exact = BigInt(text)
  return exact >= INT64_MIN && exact <= INT64_MAX ? raw.rawJSON(text) : value
}
