import { INT_MAX } from "../value.ts"
import { parseDuration } from "../values/time-text.ts"

const SECOND = 1_000_000_000n
const MINUTE = 60n * SECOND
const HOUR = 60n * MINUTE
const DAY = 24n * HOUR
/** What the format `duration` of OpenAPI knows beyond Go's units. */
const UNITS: readonly (readonly [names: readonly string[], nanos: bigint])[] = [
  [["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1n],
  [["us", "µs", "micro", "micros", "microsecond", "microseconds"], 1_000n],
  [["ms", "milli", "millis", "millisecond", "milliseconds"], 1_000_000n],
  [["s", "sec", "secs", "second", "seconds"], SECOND],
  [["m", "min", "mins", "minute", "minutes"], MINUTE],
  [["h", "hr", "hrs", "hour", "hours"], HOUR],
  [["d", "day", "days"], DAY],
  [["w", "wk", "wks", "week", "weeks"], 7n * DAY],
]
const NANOS = new Map(UNITS.flatMap(([names, nanos]) => names.map((name) => [name, nanos] as const)))
const TEXT_LENGTH_MAX = 1000
const PARTS = /(\d+)\s*([A-Za-zµ]+)/g

/** A duration as OpenAPI's format writes it, in nanoseconds: Go's form, or words such as `3 days`. Undefined for neither. */
export function parseJsonDuration(text: string): bigint | undefined {
  const go = parseDuration(text)
  if (go !== undefined) return go
  // Digits without a unit would be read again from each of them.
  if (text.length > TEXT_LENGTH_MAX) return undefined
  let total = 0n
  let found = false
  for (const [, count = "0", unit = ""] of text.matchAll(PARTS)) {
    const nanos = NANOS.get(unit.toLowerCase())
    if (nanos === undefined) return undefined
    found = true
    total += BigInt(count) * nanos
  }
  return found && total <= INT_MAX ? total : undefined
}
