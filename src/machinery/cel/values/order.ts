import { CelError, isError, noSuchOverload } from "../error.ts"
import { CelDuration, type CelResult, CelTimestamp, CelUint, type CelValue } from "../value.ts"

/** Negative when `a` comes before `b`, 0 when they are equal, else positive; an error when they have no order. */
export function compareValues(a: CelValue, b: CelValue): number | CelError {
  const x = a instanceof CelUint ? a.value : a
  const y = b instanceof CelUint ? b.value : b
  if (isNumeric(x) && isNumeric(y)) {
    const order = compareNumbers(x, y)
    return Number.isNaN(order) ? new CelError("NaN values cannot be ordered") : order
  }
  if (typeof x === "string" && typeof y === "string") return compareText(x, y)
  if (typeof x === "boolean" && typeof y === "boolean") return Number(x) - Number(y)
  if (x instanceof CelTimestamp && y instanceof CelTimestamp) return x.seconds - y.seconds || x.nanos - y.nanos
  if (x instanceof CelDuration && y instanceof CelDuration) return x.nanos < y.nanos ? -1 : x.nanos > y.nanos ? 1 : 0
  if (x instanceof Uint8Array && y instanceof Uint8Array) return Buffer.compare(x, y)
  return noSuchOverload()
}

/**
 * As cel-go: an int is compared with a double as the nearest double, so that 2^63 - 1 equals 2^63. NaN when one of them
 * is no number.
 */
export function compareNumbers(a: bigint | number, b: bigint | number): number {
  const bothInt = typeof a === "bigint" && typeof b === "bigint"
  const x = bothInt ? a : Number(a)
  const y = bothInt ? b : Number(b)
  if (x < y) return -1
  return x > y ? 1 : x === y ? 0 : Number.NaN
}

function isNumeric(value: CelValue): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number"
}

/** By code points, which UTF-16 units are not in the order of. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points behind all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x10000 : unit
}

/** A comparison as a function: `accept` gets the order of the arguments. */
export function comparison(accept: (order: number) => boolean): (a: CelValue, b: CelValue) => CelResult {
  return (a, b) => {
    const order = compareValues(a, b)
    return isError(order) ? order : accept(order)
  }
}
