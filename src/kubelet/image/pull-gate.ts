import type { Platform } from "../../platform/platform.ts"
import type { PullSettings } from "../settings/settings.ts"

/** Holds image pulls back: so many at once, and no more than so many in a second. One per node. */
export interface PullGate {
  /** Rejects when there have been too many pulls of late; otherwise begins `work` when it is its turn. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createPullGate(settings: PullSettings, { clock }: Pick<Platform, "clock">): PullGate {
  const { atOnceMax, burst, perSecond } = settings
  const waiting: (() => void)[] = []
  let running = 0
  /** What may be used at once; it grows back with time. */
  let tokens = burst
  let countedMs = clock.monotonicMs()

  const takeToken = (): boolean => {
    if (perSecond === 0) return true
    const nowMs = clock.monotonicMs()
    tokens = Math.min(burst, tokens + ((nowMs - countedMs) * perSecond) / 1000)
    countedMs = nowMs
    if (tokens < 1) return false
    tokens--
    return true
  }
  return {
    async run(work) {
      if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve))
      else running++
      try {
        if (!takeToken()) throw new Error("pull QPS exceeded")
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}
