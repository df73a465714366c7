import { NewestMap } from "../../../machinery/newest-map.ts"

/** How many CPUs something uses right now, from the difference to when it was asked about before. */
export interface CpuRates {
  /** Nanoseconds of CPU time per second. Undefined the first time, or when nothing has passed. */
  rate(key: string, timestampNs: bigint, usedNs: bigint): number | undefined
}

interface Sample {
  readonly timestampNs: bigint
  readonly usedNs: bigint
  readonly rate: number | undefined
}

/** More than a node's pods and containers; the oldest are forgotten. */
const SAMPLES_MAX = 4096
const SECOND_NS = 1_000_000_000
/** A shorter time would say more about the clock's grain than about the use. */
const INTERVAL_MIN_NS = 100_000_000n

export function createCpuRates(): CpuRates {
  const samples = new NewestMap<string, Sample>(SAMPLES_MAX)
  return {
    rate(key, timestampNs, usedNs) {
      const before = samples.get(key)
      if (before !== undefined && timestampNs - before.timestampNs < INTERVAL_MIN_NS) return before.rate
      const rate = before === undefined ? undefined : rateBetween(before, timestampNs, usedNs)
      samples.set(key, { timestampNs, usedNs, rate })
      return rate
    },
  }
}

/** A counter that went backwards belongs to something new. */
function rateBetween(before: Sample, timestampNs: bigint, usedNs: bigint): number | undefined {
  if (usedNs < before.usedNs) return undefined
  return Math.round((Number(usedNs - before.usedNs) / Number(timestampNs - before.timestampNs)) * SECOND_NS)
}
