import type { Pod } from "../../api/core/v1/pod.ts"
import type { Clock } from "../../platform/clock.ts"
import type { Verdict } from "../status/pod-status.ts"

/** What becomes of a pod that has run longer than `activeDeadlineSeconds`. */
export const pastDeadline: Verdict = {
  phase: "Failed",
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
}

/** Measures the time that a pod is active. Only when an agent begins does it ask the clock, which may be set meanwhile. */
export class Deadline {
  #startedMs: number | undefined

  /** When it is over, if ever, on the monotonic clock. */
  atMs({ spec, status }: Pod, clock: Pick<Clock, "nowMs" | "monotonicMs">): number | undefined {
    const { activeDeadlineSeconds } = spec
    if (activeDeadlineSeconds === undefined || status.startTime === undefined) return undefined
    this.#startedMs ??= clock.monotonicMs() - Math.max(0, clock.nowMs() - Date.parse(status.startTime))
    return this.#startedMs + activeDeadlineSeconds * 1000
  }
}
