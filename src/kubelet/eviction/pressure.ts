import { meanings, type PressureCondition, type Signal } from "./thresholds.ts"

/** As the kubelet's `evictionPressureTransitionPeriod`: a node that swings about a threshold must not swing its taints. */
export const transitionPeriodMs = 5 * 60_000

/** When each condition was last seen to hold. */
export type PressureSeen = ReadonlyMap<PressureCondition, number>

/** Conditions go on for a while after the last threshold that was met. A pure function. */
export function pressureAfter(seen: PressureSeen, met: readonly Signal[], nowMs: number): PressureSeen {
  const recent = [...seen].filter(([, atMs]) => nowMs - atMs < transitionPeriodMs)
  return new Map([...recent, ...met.map((signal) => [meanings[signal].condition, nowMs] as const)])
}
