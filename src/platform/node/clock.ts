import { setTimeout as delay } from "node:timers/promises"
import type { Clock } from "../clock.ts"

// Node runs a longer timer at once; such a wait is made of several.
const TIMER_MAX_MS = 2 ** 31 - 1

/** The machine's clock. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fire) {
    let remainingMs = delayMs
    let timer: NodeJS.Timeout | undefined
    const wait = () => {
      const stepMs = Math.min(remainingMs, TIMER_MAX_MS)
      remainingMs -= stepMs
      timer = setTimeout(remainingMs > 0 ? wait : fire, stepMs)
      timer.unref()
    }
    wait()
    return { cancel: () => clearTimeout(timer) }
  },
  async sleep(delayMs, signal) {
    signal?.throwIfAborted()
    try {
      for (let remainingMs = delayMs; remainingMs > 0 || remainingMs === delayMs; remainingMs -= TIMER_MAX_MS) {
        await delay(Math.min(remainingMs, TIMER_MAX_MS), undefined, { signal })
      }
    } catch (error) {
      // Node wraps the reason in an AbortError; the port promises the reason itself.
      signal?.throwIfAborted()
      throw error
    }
  },
  outside: (work) => work,
}
