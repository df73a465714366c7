import { CelError } from "../error.ts"
import type { CelList } from "../list.ts"
import { CelDuration, type CelResult, CelTimestamp, CelUint, INT_MAX, INT_MIN, UINT_MAX } from "../value.ts"

/** January 1 of the year 1 and the last second of the year 9999, since the Unix epoch. */
export const TIMESTAMP_SECONDS_MIN = -62_135_596_800
export const TIMESTAMP_SECONDS_MAX = 253_402_300_799
const NANOS_PER_SECOND = 1_000_000_000n

/**
 * Sums that double themselves grow exponentially with the length of the expression. These bounds are far above what any
 * cost limit allows: UTF-16 units, bytes, elements.
 */
const TEXT_LENGTH_MAX = 2 ** 28
const BYTES_LENGTH_MAX = 2 ** 26
const LIST_SIZE_MAX = 2 ** 24

export function addText(a: string, b: string): CelResult {
  return a.length + b.length > TEXT_LENGTH_MAX ? new CelError("string is too long") : a + b
}

export function addBytes(a: Uint8Array, b: Uint8Array): CelResult {
  if (a.length + b.length > BYTES_LENGTH_MAX) return new CelError("bytes are too long")
  const sum = new Uint8Array(a.length + b.length)
  sum.set(a)
  sum.set(b, a.length)
  return sum
}

export function addLists(a: CelList, b: CelList): CelResult {
  return a.size + b.size > LIST_SIZE_MAX ? new CelError("list is too long") : a.concat(b)
}

export function intResult(value: bigint): CelResult {
  return value < INT_MIN || value > INT_MAX ? new CelError("integer overflow") : value
}

export function uintResult(value: bigint): CelResult {
  return value < 0n || value > UINT_MAX ? new CelError("unsigned integer overflow") : new CelUint(value)
}

export function durationResult(nanos: bigint): CelResult {
  return nanos < INT_MIN || nanos > INT_MAX ? new CelError("duration overflow") : new CelDuration(nanos)
}

export function divideInt(a: bigint, b: bigint): CelResult {
  return b === 0n ? new CelError("division by zero") : intResult(a / b)
}

export function moduloInt(a: bigint, b: bigint): CelResult {
  if (b === 0n) return new CelError("modulus by zero")
  return a === INT_MIN && b === -1n ? new CelError("integer overflow") : a % b
}

export function divideUint(a: CelUint, b: CelUint): CelResult {
  return b.value === 0n ? new CelError("division by zero") : new CelUint(a.value / b.value)
}

export function moduloUint(a: CelUint, b: CelUint): CelResult {
  return b.value === 0n ? new CelError("modulus by zero") : new CelUint(a.value % b.value)
}

export function timestampPlus(time: CelTimestamp, nanos: bigint): CelResult {
  const total = BigInt(time.nanos) + nanos
  const carried = floorDivide(total, NANOS_PER_SECOND)
  const seconds = time.seconds + Number(carried)
  return timestampResult(seconds, Number(total - carried * NANOS_PER_SECOND))
}

export function timestampResult(seconds: number, nanos: number): CelResult {
  const inRange = seconds >= TIMESTAMP_SECONDS_MIN && seconds <= TIMESTAMP_SECONDS_MAX
  return inRange ? new CelTimestamp(seconds, nanos) : new CelError("timestamp overflow")
}

export function timestampMinus(a: CelTimestamp, b: CelTimestamp): CelResult {
  const nanos = BigInt(a.seconds - b.seconds) * NANOS_PER_SECOND + BigInt(a.nanos - b.nanos)
  return nanos < INT_MIN || nanos > INT_MAX ? new CelError("integer overflow") : new CelDuration(nanos)
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}
