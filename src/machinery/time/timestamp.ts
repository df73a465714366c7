/** RFC 3339 in the two precisions of the API: `time` (whole seconds) and `microTime` (six digits). */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

/** An instant. */
export interface Instant {
  /** Since the Unix epoch; may be negative. */
  readonly seconds: number
  /** 0 to 999,999,999, towards the future. */
  readonly nanos: number
}

/** What the zero `time.Time` of Go is: 0001-01-01T00:00:00Z. It means "not set". */
export const ZERO_TIME_SECONDS = -62135596800

/** Reads RFC 3339; undefined when the text is none. */
export function parseInstant(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone = "Z"] = match
  const days = daysInMonth(Number(year), Number(month))
  if (Number(day) < 1 || Number(day) > days || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return undefined
  }
  const date = new Date(0)
  // `setUTCFullYear` takes the years 0 to 99 as they are; `Date.UTC` would move them to the 20th century.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const offset = zoneSeconds(zone)
  if (offset === undefined) return undefined
  return { seconds: date.getTime() / 1000 - offset, nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) }
}

function daysInMonth(year: number, month: number): number {
  if (month < 1 || month > 12) return 0
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function zoneSeconds(zone: string): number | undefined {
  if (zone === "Z") return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
}

/** The time that was asked for last: every write of the same second does. */
let latest = { seconds: 0, text: "1970-01-01T00:00:00Z" }

/** `2026-01-02T03:04:05Z` */
export function formatTime(seconds: number): string {
  if (seconds !== latest.seconds) {
    latest = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z` }
  }
  return latest.text
}

/** `2026-01-02T03:04:05.000006Z`; digits beyond the sixth are cut. */
export function formatMicroTime({ seconds, nanos }: Instant): string {
  const micros = Math.floor(nanos / 1000)
  return `${formatTime(seconds).slice(0, -1)}.${micros.toString().padStart(6, "0")}Z`
}

const CANONICAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** Texts that are canonical times. An object names the same few in many places, and is decoded on every change. */
const KNOWN_MAX = 2048
const known = new Set<string>()

/** The canonical `time` text; undefined when the text is no time. */
export function canonicalTime(text: string): string | undefined {
  if (known.has(text)) return text
  const instant = parseInstant(text)
  if (instant === undefined) return undefined
  if (!CANONICAL_TIME.test(text)) return formatTime(instant.seconds)
  if (known.size >= KNOWN_MAX) known.clear()
  known.add(text)
  return text
}

/** The canonical `microTime` text; undefined when the text is no time with exactly six digits. */
export function canonicalMicroTime(text: string): string | undefined {
  const instant = parseInstant(text)
  if (instant === undefined || !/:\d\d\.\d{6}(?:Z|[+-])/.test(text)) return undefined
  return formatMicroTime(instant)
}

/** Now, or any other clock reading in milliseconds, as the API writes `time`. */
export function timeFromMs(epochMs: number): string {
  return formatTime(Math.floor(epochMs / 1000))
}

/** A clock reading in milliseconds as the API writes `microTime`. */
export function microTimeFromMs(epochMs: number): string {
  const seconds = Math.floor(epochMs / 1000)
  return formatMicroTime({ seconds, nanos: Math.floor((epochMs - seconds * 1000) * 1e6) })
}

/** Milliseconds since the epoch of a `time` or `microTime` of an object. NaN when absent or unreadable. */
export function timeToMs(text: string | null | undefined): number {
  if (text === undefined || text === null) return Number.NaN
  const instant = parseInstant(text)
  return instant === undefined ? Number.NaN : instant.seconds * 1000 + instant.nanos / 1e6
}
