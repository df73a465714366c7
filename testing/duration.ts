/** A length of time: milliseconds, or text as Go writes it: `"500ms"`, `"30s"`, `"1h30m"`. */
export type Duration = number | `${string}${"ms" | "s" | "m" | "h"}`

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
])

/** In milliseconds. Throws `TypeError` for what is no duration. */
export function msOf(duration: Duration): number {
  if (typeof duration === "number" && duration >= 0) return duration
  const text = String(duration)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new TypeError(`found ${JSON.stringify(duration)}, expected a duration such as "30s", "1h30m" or 500 (in ms)`)
  }
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS.get(unit) ?? 0), 0)
}
