import type { Clock, Timer } from "../clock.ts"
import { realClock } from "../node/clock.ts"

/** A clock that stands still until a test moves it. */
export interface SimClock extends Clock {
  /** Moves time forward, firing due timers in order of time, then of creation. Promise jobs run between two timers. */
  advance(ms: number): Promise<void>
  /**
   * Moves from timer to timer until `done()` holds. Throws when no timer is left, or after `limitMs` (default: one
   * hour) of virtual time.
   */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>
  /** Lets everything that is ready run, without moving time. Waits for what happens outside. */
  settle(): Promise<void>
  /** Moves to the next timer and fires it. False, and nothing happens, when none waits. */
  step(): Promise<boolean>
  /** Sets the wall clock forward or back, as an administrator or NTP may do at any time. Timers keep their distance. */
  setBy(ms: number): void
  /** How many timers wait. */
  pendingTimers(): number
}

interface Pending {
  readonly atMs: number
  readonly sequence: number
  readonly fire: () => void
}

const HOUR_MS = 3_600_000
/** What takes longer outside, in real time, no longer holds virtual time: a webhook that hangs has to time out. */
const OUTSIDE_MS_MAX = 5_000

/** A virtual clock whose wall time begins at `startMs` (milliseconds since the Unix epoch). */
export function createSimClock(startMs: number): SimClock {
  const pending = new Set<Pending>()
  let elapsedMs = 0
  let setMs = 0
  let sequence = 0
  const outsideWork = new Set<Promise<void>>()

  function after(delayMs: number, fire: () => void): Timer {
    const entry = { atMs: elapsedMs + Math.max(0, delayMs), sequence: sequence++, fire }
    pending.add(entry)
    return { cancel: () => void pending.delete(entry) }
  }

  function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const abort = () => {
        timer.cancel()
        reject(signal?.reason)
      }
      const timer = after(delayMs, () => {
        signal?.removeEventListener("abort", abort)
        resolve()
      })
      signal?.addEventListener("abort", abort, { once: true })
    })
  }

  function outside<T>(work: Promise<T>): Promise<T> {
    const over = Promise.withResolvers<void>()
    const limit = realClock.after(OUTSIDE_MS_MAX, over.resolve)
    outsideWork.add(over.promise)
    void over.promise.then(() => outsideWork.delete(over.promise))
    return work.finally(() => {
      limit.cancel()
      over.resolve()
    })
  }

  /** Lets everything that is ready run: promise jobs, `nextTick`, and one round of the event loop. */
  async function settle(): Promise<void> {
    await turn()
    while (outsideWork.size > 0) {
      await Promise.race(outsideWork)
      await turn()
    }
  }

  function earliest(): Pending | undefined {
    let first: Pending | undefined
    for (const entry of pending) {
      if (first === undefined || entry.atMs < first.atMs) first = entry
    }
    return first
  }

  function fire(entry: Pending): void {
    pending.delete(entry)
    elapsedMs = Math.max(elapsedMs, entry.atMs)
    entry.fire()
  }

  async function advance(ms: number): Promise<void> {
    const untilMs = elapsedMs + ms
    await settle()
    for (let next = earliest(); next !== undefined && next.atMs <= untilMs; next = earliest()) {
      fire(next)
      await settle()
    }
    elapsedMs = untilMs
  }

  async function advanceUntil(done: () => boolean, limitMs = HOUR_MS): Promise<void> {
    const untilMs = elapsedMs + limitMs
    await settle()
    while (!done()) {
      const next = earliest()
      if (next === undefined) throw new Error("advanceUntil: the condition does not hold and no timer is left to fire")
      if (next.atMs > untilMs) throw new Error(`advanceUntil: the condition does not hold after ${limitMs} ms`)
      fire(next)
      await settle()
    }
  }

  async function step(): Promise<boolean> {
    const next = earliest()
    if (next === undefined) return false
    fire(next)
    await settle()
    return true
  }

  return {
    outside,
    settle,
    step,
    setBy: (ms) => void (setMs += ms),
    nowMs: () => startMs + elapsedMs + setMs,
    monotonicMs: () => elapsedMs,
    after,
    sleep,
    advance,
    advanceUntil,
    pendingTimers: () => pending.size,
  }
}

/** One round of the event loop, after all promise jobs. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
