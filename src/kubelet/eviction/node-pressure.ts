import type { Platform } from "../../platform/platform.ts"
import { type PressureSeen, pressureAfter } from "./pressure.ts"
import { type Observations, type PressureCondition, type Signal, type Thresholds, thresholdsMet } from "./thresholds.ts"

/** What the node lacks. The node's conditions, the admission of pods and their eviction follow it. */
export interface NodePressure {
  readonly thresholds: Thresholds
  /** Looks now. */
  look(): PressureNow
  /** As last looked at, with the conditions that go on for a while. */
  conditions(): ReadonlySet<PressureCondition>
}

export interface PressureNow {
  readonly observations: Observations
  /** The one to act on first. */
  readonly met: readonly Signal[]
}

export function createNodePressure(options: {
  readonly thresholds: Thresholds
  readonly observe: () => Observations
  readonly platform: Pick<Platform, "clock">
}): NodePressure {
  const { observe, platform, thresholds } = options
  let seen: PressureSeen = new Map()
  const look = (): PressureNow => {
    const observations = observe()
    const met = thresholdsMet(thresholds, observations)
    seen = pressureAfter(seen, met, platform.clock.monotonicMs())
    return { observations, met }
  }
  // The first status of the node already says how it is.
  look()
  return { thresholds, look, conditions: () => new Set(seen.keys()) }
}
