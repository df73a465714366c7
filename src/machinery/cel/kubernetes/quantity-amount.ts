import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityOf,
} from "../../quantity/quantity.ts"

export { QuantityError }

/**
 * A quantity as Kubernetes calculates with it. It keeps most amounts in 64 bits and the rest as decimals of any length, and
 * expressions see the difference: only what is in 64 bits, and was written without fraction, is an integer to them.
 */
export interface Amount extends Quantity {
  readonly isDecimal: boolean
}

const INT64_MAX = 2n ** 63n - 1n
const fitsInt64 = (value: bigint) => value <= INT64_MAX && value >= -INT64_MAX - 1n

/** Throws `QuantityError`. */
export function parseAmount(text: string): Amount {
  return { ...parseQuantity(text), isDecimal: !isShort(text) }
}

/** Digits that 64 bits hold whatever they are, and binary digits likewise. */
const DECIMAL_DIGITS = 18
const BINARY_DIGITS = 15
const BINARY_EXPONENT = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
])
const EXPONENT_MIN = -9

function isShort(text: string): boolean {
  const [, whole = "", fraction = "", suffix = ""] = /^[+-]?([0-9]*)\.?([0-9]*)(.*)$/.exec(text) ?? []
  const digits = whole.replace(/^0+/, "") + fraction
  const binary = BINARY_EXPONENT.get(suffix)
  if (binary !== undefined) {
    return fraction === "" && BINARY_DIGITS - digits.length - Math.trunc((binary * 3) / 10) - 1 >= 0
  }
  return digits.length <= DECIMAL_DIGITS && decimalExponent(suffix) - fraction.length >= EXPONENT_MIN
}

const DECIMAL_SUFFIXES = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]

function decimalExponent(suffix: string): number {
  const place = DECIMAL_SUFFIXES.indexOf(suffix)
  return place < 0 ? Number(suffix.slice(1)) : place * 3 - 9
}

/** A whole number as an amount. */
export function amountOf(value: bigint): Amount {
  return { ...quantityOf(value, "DecimalExponent"), isDecimal: false }
}

export function addAmounts(left: Amount, right: Amount): Amount {
  if (!left.isDecimal && !right.isDecimal) {
    if (right.unscaled === 0n) return left
    if (left.unscaled === 0n) return right
  }
  const sum = addQuantities(left, right)
  return { ...sum, isDecimal: left.isDecimal || right.isDecimal || !fitsInt64(sum.unscaled) }
}

export function subtractAmounts(left: Amount, right: Amount): Amount {
  return addAmounts(left, { ...right, unscaled: -right.unscaled })
}

export function compareAmounts(left: Amount, right: Amount): -1 | 0 | 1 {
  const order = compareQuantities(left, right)
  return order < 0 ? -1 : order > 0 ? 1 : 0
}

/** Undefined for what Kubernetes does not take for an integer. */
export function toInteger({ unscaled, exponent, isDecimal }: Amount): bigint | undefined {
  if (isDecimal || exponent < 0) return undefined
  const value = unscaled * 10n ** BigInt(exponent)
  return fitsInt64(value) ? value : undefined
}

/** The nearest double, or one next to it. */
export function toFloat({ unscaled, exponent }: Amount): number {
  return exponent === 0 ? Number(unscaled) : Number(unscaled) * Number(`1e${exponent}`)
}
