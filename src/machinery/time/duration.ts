/** Durations as Go writes them (`1h30m`, `250ms`), in nanoseconds as a bigint where exactness counts. */

const UNITS = new Map<string, bigint>([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
])
const PART = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/y
const INT64_MAX = 9223372036854775807n

/** Nanoseconds; undefined when the text is no duration or does not fit 64 bits. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith("-")
  const body = negative || text.startsWith("+") ? text.slice(1) : text
  if (body === "0") return 0n
  if (body === "") return undefined
  let total = 0n
  for (let at = 0; at < body.length; ) {
    PART.lastIndex = at
    const match = PART.exec(body)
    if (match === null) return undefined
    const [part, whole = "", fraction = "", unit = ""] = match
    if (whole === "" && fraction === "") return undefined
    const size = UNITS.get(unit) ?? 0n
    total += BigInt(whole || "0") * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length)
    at += part.length
  }
  if (total > INT64_MAX + (negative ? 1n : 0n)) return undefined
  return negative ? -total : total
}

/** Go's spelling: `1m30s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s"
  const sign = nanoseconds < 0n ? "-" : ""
  const total = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (total < 1_000n) return `${sign}${total}ns`
  if (total < 1_000_000n) return `${sign}${fraction(total, 1_000n)}µs`
  if (total < 1_000_000_000n) return `${sign}${fraction(total, 1_000_000n)}ms`
  const hours = total / 3_600_000_000_000n
  const minutes = (total / 60_000_000_000n) % 60n
  const seconds = `${fraction(total % 60_000_000_000n, 1_000_000_000n)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** The same of milliseconds, whose fraction counts. */
export function formatMilliseconds(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1e6)))
}

function fraction(amount: bigint, unit: bigint): string {
  const digits = (amount % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "")
  return digits === "" ? `${amount / unit}` : `${amount / unit}.${digits}`
}

/** The canonical spelling; undefined when the text is no duration. */
export function canonicalDuration(text: string): string | undefined {
  const nanoseconds = parseDuration(text)
  return nanoseconds === undefined ? undefined : formatDuration(nanoseconds)
}

/** Milliseconds of a duration in an object, with fraction. NaN when it is none. */
export function durationToMs(text: string): number {
  const nanoseconds = parseDuration(text)
  return nanoseconds === undefined ? Number.NaN : Number(nanoseconds) / 1e6
}
