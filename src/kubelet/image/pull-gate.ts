import { createTokenBucket } from "../../machinery/token-bucket.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PullSettings } from "../settings/settings.ts"

/** Holds image pulls back: so many at once, and no more than so many in a second. One per node. */
export interface PullGate {
  /** Rejects when there have been too many pulls of late; otherwise begins `work` when it is its turn. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createPullGate(settings: PullSettings, { clock }: Pick<Platform, "clock">): PullGate {
  const { atOnceMax, perSecond } = settings
  const waiting: (() => void)[] = []
  let running = 0
  const takeToken = perSecond === 0 ? () => true : createTokenBucket(settings, clock)
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
