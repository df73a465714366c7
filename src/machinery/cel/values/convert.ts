import { CelError } from "../error.ts"
import {
  bytesType,
  type CelType,
  doubleType,
  durationType,
  intType,
  stringType,
  timestampType,
  uintType,
} from "../types.ts"
import {
  CelDuration,
  type CelResult,
  CelTimestamp,
  CelUint,
  type CelValue,
  INT_MAX,
  INT_MIN,
  UINT_MAX,
} from "../value.ts"
import { intResult, timestampResult, uintResult } from "./arithmetic.ts"
import { formatDouble } from "./format-number.ts"
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./time-text.ts"
import { typeOf } from "./type-of.ts"

const TWO_TO_63 = 2 ** 63
const TWO_TO_64 = 2 ** 64
const INTEGER = /^[+-]?[0-9]+$/
/** As Go's `strconv.ParseFloat` reads it: decimal or hexadecimal, infinities and NaN in any case. */
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/
const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"])
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"])

function failed(value: CelValue, to: CelType): CelError {
  return new CelError(`type conversion error from '${typeOf(value).name}' to '${to.name}'`)
}

export function toInt(value: CelValue): CelResult {
  if (typeof value === "bigint") return value
  if (value instanceof CelUint) return intResult(value.value)
  if (value instanceof CelTimestamp) return BigInt(value.seconds)
  if (value instanceof CelDuration) return value.nanos
  if (typeof value === "number") {
    // As cel-go: both ends are refused, since not every double near them is an int.
    return value > -TWO_TO_63 && value < TWO_TO_63 ? BigInt(Math.trunc(value)) : new CelError("integer overflow")
  }
  if (typeof value === "string" && INTEGER.test(value)) {
    const parsed = BigInt(value.replace(/^\+/, ""))
    if (parsed >= INT_MIN && parsed <= INT_MAX) return parsed
  }
  return failed(value, intType)
}

export function toUint(value: CelValue): CelResult {
  if (value instanceof CelUint) return value
  if (typeof value === "bigint") return uintResult(value)
  if (typeof value === "number") {
    return value >= 0 && value < TWO_TO_64
      ? new CelUint(BigInt(Math.trunc(value)))
      : new CelError("unsigned integer overflow")
  }
  if (typeof value === "string" && /^[0-9]+$/.test(value)) {
    const parsed = BigInt(value)
    if (parsed <= UINT_MAX) return new CelUint(parsed)
  }
  return failed(value, uintType)
}

export function toDouble(value: CelValue): CelResult {
  if (typeof value === "number") return value
  if (typeof value === "bigint") return Number(value)
  if (value instanceof CelUint) return Number(value.value)
  const parsed = typeof value === "string" ? parseDouble(value) : undefined
  return parsed ?? failed(value, doubleType)
}

function parseDouble(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  const hex = HEXADECIMAL.exec(text)
  if (hex === null) return undefined
  const [, sign, whole = "", fraction = "", exponent = "0"] = hex
  if (whole === "" && fraction === "") return undefined
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
  if (!Number.isFinite(value)) return undefined
  return sign === "-" ? -value : value
}

export function toBool(value: CelValue): CelResult {
  if (typeof value === "boolean") return value
  if (typeof value === "string" && TRUE.has(value)) return true
  if (typeof value === "string" && FALSE.has(value)) return false
  return new CelError(`type conversion error from '${typeOf(value).name}' to 'bool'`)
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export function toText(value: CelValue): CelResult {
  if (typeof value === "string") return value
  if (typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value === "number") return formatDouble(value)
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value.nanos)
  if (value instanceof Uint8Array) {
    try {
      return decoder.decode(value)
    } catch (error) {
      if (error instanceof TypeError) return new CelError("invalid UTF-8 in bytes, cannot convert to string")
      throw error
    }
  }
  return failed(value, stringType)
}

export function toBytes(value: CelValue): CelResult {
  if (value instanceof Uint8Array) return value
  return typeof value === "string" ? new TextEncoder().encode(value) : failed(value, bytesType)
}

export function toTimestamp(value: CelValue): CelResult {
  if (value instanceof CelTimestamp) return value
  if (typeof value === "bigint") return timestampResult(Number(value), 0)
  const parsed = typeof value === "string" ? parseTimestamp(value) : undefined
  return parsed === undefined ? failed(value, timestampType) : timestampResult(parsed.seconds, parsed.nanos)
}

export function toDuration(value: CelValue): CelResult {
  if (value instanceof CelDuration) return value
  if (typeof value === "bigint") return new CelDuration(value)
  const parsed = typeof value === "string" ? parseDuration(value) : undefined
  return parsed === undefined ? failed(value, durationType) : new CelDuration(parsed)
}
