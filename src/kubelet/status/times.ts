import { formatTime } from "../../machinery/time/timestamp.ts"

/** As the API writes times, in whole seconds. */
export function timeOfMs(ms: number): string {
  return formatTime(Math.floor(ms / 1000))
}

export function timeOfNs(ns: bigint): string {
  return formatTime(Number(ns / 1_000_000_000n))
}
