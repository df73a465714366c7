import type { Clock } from "../platform/clock.ts"

/**
 * Lets so many through in a second, and `burst` at once when none came for a while: takes one of what may be used, or
 * returns false.
 */
export function createTokenBucket(
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
  clock: Pick<Clock, "monotonicMs">,
): () => boolean {
  let tokens = burst
  let countedAtMs = clock.monotonicMs()
  return () => {
    const nowMs = clock.monotonicMs()
    tokens = Math.min(burst, tokens + ((nowMs - countedAtMs) * perSecond) / 1000)
    countedAtMs = nowMs
    if (tokens < 1) return false
    tokens--
    return true
  }
}
