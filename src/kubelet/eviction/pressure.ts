import type { EvictionSettings } from "../settings/settings.ts"
import {
  amountOf,
  meanings,
  type Observation,
  type Observations,
  type PressureCondition,
  type Signal,
  signals,
} from "./thresholds.ts"

/** Something that the node must have left, or should have. */
export interface Threshold {
  readonly signal: Signal
  /** A quantity, or a share of the capacity. */
  readonly amount: string
  readonly isSoft: boolean
  /** How long it must be crossed before pods are ended. */
  readonly graceMs: number
  /** What is to be freed beyond it. */
  readonly reclaim: string | undefined
}

/** The one to act on first comes first. */
export function thresholdsOf({ hard, minimumReclaim, soft, softGraceMs }: EvictionSettings): Threshold[] {
  return signals.flatMap((signal) => {
    const reclaim = minimumReclaim[signal]
    const [must, should] = [hard[signal], soft[signal]]
    const graceMs = softGraceMs[signal] ?? 0
    return [
      ...(must === undefined ? [] : [{ signal, amount: must, isSoft: false, graceMs: 0, reclaim }]),
      ...(should === undefined ? [] : [{ signal, amount: should, isSoft: true, graceMs, reclaim }]),
    ]
  })
}

export interface Pressure {
  /** When each condition was last seen to hold. */
  readonly seen: ReadonlyMap<PressureCondition, number>
  /** Since when thresholds have been crossed. */
  readonly since: ReadonlyMap<Threshold, number>
  /** Those that have been crossed for long enough. */
  readonly met: readonly Threshold[]
}

export const noPressure: Pressure = { seen: new Map(), since: new Map(), met: [] }

/**
 * What the node lacks now, given what it lacked before. A threshold that was met goes on until enough is freed beyond
 * it; conditions go on for `transitionMs` after the last threshold that was crossed. A pure function.
 */
export function pressureAfter(
  before: Pressure,
  thresholds: readonly Threshold[],
  now: { readonly observations: Observations; readonly nowMs: number; readonly transitionMs: number },
): Pressure {
  const { nowMs, observations, transitionMs } = now
  const crossed = thresholds.filter((threshold) => {
    const observed = observations.get(threshold.signal)
    return isBelow(threshold, observed, false) || (before.met.includes(threshold) && isBelow(threshold, observed, true))
  })
  const since = new Map(crossed.map((threshold) => [threshold, before.since.get(threshold) ?? nowMs]))
  const recent = [...before.seen].filter(([, atMs]) => nowMs - atMs < transitionMs)
  return {
    seen: new Map([...recent, ...crossed.map(({ signal }) => [meanings[signal].condition, nowMs] as const)]),
    since,
    met: crossed.filter((threshold) => nowMs - (since.get(threshold) ?? nowMs) >= threshold.graceMs),
  }
}

function isBelow({ amount, reclaim }: Threshold, observed: Observation | undefined, isToRecover: boolean): boolean {
  // File systems without inodes of their own say that there are none.
  if (observed === undefined || observed.capacity === 0) return false
  const { available, capacity } = observed
  const more = isToRecover && reclaim !== undefined ? amountOf(reclaim, capacity) : 0
  return available < amountOf(amount, capacity) + more
}
