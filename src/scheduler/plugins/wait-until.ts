import type { Informer } from "../../client/informer.ts"
import type { Clock } from "../../platform/clock.ts"

export interface WaitOptions {
  /** Asked at once and after each change. What it throws ends the wait. */
  readonly isDone: () => boolean
  readonly watched: readonly Pick<Informer<never>, "until">[]
  readonly clock: Pick<Clock, "after">
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Resolves when it is done. Rejects with what `isDone` throws, with `context deadline exceeded`, or `context canceled`. */
export async function waitUntil({ isDone, watched, clock, timeoutMs, signal }: WaitOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let ended = false
  const end = (how: () => void): true => {
    if (!ended) how()
    ended = true
    return true
  }
  const check = (): boolean => {
    if (ended) return true
    try {
      return isDone() ? end(resolve) : false
    } catch (error) {
      return end(() => reject(error as Error))
    }
  }
  const timer = clock.after(timeoutMs, () => end(() => reject(new Error("context deadline exceeded"))))
  const abort = () => end(() => reject(new Error("context canceled")))
  if (signal.aborted) abort()
  signal.addEventListener("abort", abort, { once: true })
  for (const informer of watched) void informer.until(check)
  try {
    await promise
  } finally {
    timer.cancel()
    signal.removeEventListener("abort", abort)
  }
}
