import { CelTimestamp, INT_MAX } from "../value.ts"
import { formatPlainDouble } from "./format-number.ts"

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/
const NANOS_PER_SECOND = 1_000_000_000n

/** Reads a time as RFC 3339 writes it, with any number of fractional digits. Undefined for anything else. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = RFC_3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [, , , , , , , fraction = "", sign, offsetHour = "0", offsetMinute = "0"] = match
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHour) > 24 || Number(offsetMinute) > 59) return undefined
  const date = new Date(0)
  // Date.UTC takes years below 100 for those of the twentieth century.
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60 * (sign === "-" ? -1 : 1)
  return new CelTimestamp(date.getTime() / 1000 - offset, Number(fraction.slice(0, 9).padEnd(9, "0")))
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** In UTC, with as many fractional digits as there are. */
export function formatTimestamp({ seconds, nanos }: CelTimestamp): string {
  const iso = new Date(seconds * 1000).toISOString()
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`
  return `${iso.slice(0, iso.indexOf("."))}${fraction}Z`
}

const UNIT_NANOS = new Map<string, bigint>([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", NANOS_PER_SECOND],
  ["m", 60n * NANOS_PER_SECOND],
  ["h", 3_600n * NANOS_PER_SECOND],
])
// Digits can be read in one way only, so that a long row of them takes no longer than its length.
const DURATION = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const DURATION_PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g

/** Reads a duration as Go writes it, such as `1h30m` or `-1.5s`, in nanoseconds. Undefined for anything else. */
export function parseDuration(text: string): bigint | undefined {
  if (/^[+-]?0$/.test(text)) return 0n
  if (!DURATION.test(text)) return undefined
  let total = 0n
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(DURATION_PART)) {
    const nanos = UNIT_NANOS.get(unit) ?? 0n
    total += BigInt(whole || "0") * nanos
    // Digits beyond a nanosecond of the greatest unit do not count.
    const digits = fraction.slice(0, 18)
    if (digits !== "") total += (BigInt(digits) * nanos) / 10n ** BigInt(digits.length)
  }
  if (text.startsWith("-")) return total > INT_MAX + 1n ? undefined : -total
  return total > INT_MAX ? undefined : total
}

/** In seconds: `5400s`, `-1.5s`. */
export function formatDuration(nanos: bigint): string {
  const seconds = nanos / NANOS_PER_SECOND
  const rest = nanos % NANOS_PER_SECOND
  return `${formatPlainDouble(Number(seconds) + Number(rest) / 1e9)}s`
}
