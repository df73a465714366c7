// In every current engine, not yet in TypeScript's library.
const raw = JSON as unknown as { rawJSON(text: string): unknown }

/**
 * An integer of 64 bits beyond 2^53, kept as its text. `JSON.stringify` writes it unchanged, so it survives a round
 * trip, which a number would not. Where a number is expected it acts as the nearest double. Immutable.
 */
export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  valueOf(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }

  toJSON(): unknown {
    return raw.rawJSON(this.text)
  }
}

const INTEGER = /^-?[0-9]+$/
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** A JSON number as a double when that is exact, as its text when it is an integer of 64 bits, else the nearest double. */
export function numberFromText(text: string): number | ExactNumber {
  const value = Number(text)
  if (!INTEGER.test(text) || Number.isSafeInteger(value)) return value
  const exact = BigInt(text)
  return exact >= INT64_MIN && exact <= INT64_MAX ? new ExactNumber(exact.toString()) : value
}

/** An integer of 64 bits as a number when that is exact, else as its text. */
export function numberFromBigInt(value: bigint): number | ExactNumber {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : new ExactNumber(value.toString())
}
