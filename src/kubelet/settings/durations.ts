import { parseDuration } from "../../machinery/time/duration.ts"

/** Of a time as Go writes it. Throws an `Error` in Go's words. */
export function milliseconds(text: string): number {
  const nanoseconds = parseDuration(text)
  if (nanoseconds === undefined) throw new Error(`time: invalid duration ${JSON.stringify(text)}`)
  return Number(nanoseconds) / 1_000_000
}
