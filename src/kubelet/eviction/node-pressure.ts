import type { Platform } from "../../platform/platform.ts"
import type { EvictionSettings } from "../settings/settings.ts"
import { noPressure, pressureAfter, type Threshold, thresholdsOf } from "./pressure.ts"
import type { Observations, PressureCondition } from "./thresholds.ts"

/** What the node lacks. The node's conditions, the admission of pods and their eviction follow it. */
export interface NodePressure {
  /** Looks now. */
  look(): PressureNow
  /** As last looked at, with the conditions that go on for a while. */
  conditions(): ReadonlySet<PressureCondition>
}

export interface PressureNow {
  readonly observations: Observations
  /** The one to act on first comes first. */
  readonly met: readonly Threshold[]
}

export function createNodePressure(options: {
  readonly settings: EvictionSettings
  readonly observe: () => Observations
  readonly platform: Pick<Platform, "clock">
}): NodePressure {
  const { observe, platform, settings } = options
  const { transitionMs } = settings
  const thresholds = thresholdsOf(settings)
  let pressure = noPressure
  const look = (): PressureNow => {
    const observations = observe()
    const nowMs = platform.clock.monotonicMs()
    pressure = pressureAfter(pressure, thresholds, { observations, nowMs, transitionMs })
    return { observations, met: pressure.met }
  }
  // The first status of the node already says how it is.
  look()
  return { look, conditions: () => new Set(pressure.seen.keys()) }
}
