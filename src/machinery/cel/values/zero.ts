import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelType } from "../types.ts"
import { CelDuration, CelObject, CelOptional, CelTimestamp, CelUint, type CelValue } from "../value.ts"

/** The first moment of the year 1, which is the zero time of Go. */
const ZERO_TIME_SECONDS = -62_135_596_800

/** Whether it is its type's empty value: 0, false, empty text, null. */
export function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true
  if (typeof value !== "object" || value instanceof CelType) return false
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0
  if (value instanceof Uint8Array) return value.length === 0
  if (value instanceof CelUint) return value.value === 0n
  if (value instanceof CelDuration) return value.nanos === 0n
  if (value instanceof CelTimestamp) return value.seconds === ZERO_TIME_SECONDS && value.nanos === 0
  if (value instanceof CelOptional) return value.value === undefined
  return value instanceof CelObject && value.isZero()
}
