import type { Clock, Timer } from "../clock.ts"

/** A clock that stands still until a test moves it. */
export interface SimClock extends Clock {
  /** Moves time forward, firing due timers in order of time, then of creation. Promise jobs run between two timers. */
  advance(ms: number): Promise<void>
  /**
   * Moves from timer to timer until `done()` holds. Throws when no timer is left, or after `limitMs` (default: one
   * hour) of virtual time.
   */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>
  /** How many timers wait. */
  pendingTimers(): number
}

interface Pending {
  readonly atMs: number
  readonly sequence: number
  readonly fire: () => void
}

const HOUR_MS = 3_600_000

/** A virtual clock whose wall time begins at `startMs` (milliseconds since the Unix epoch). */
export function createSimClock(startMs: number): SimClock {
  const pending = new Set<Pending>()
  let elapsedMs = 0
  let sequence = 0

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

  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    after,
    sleep,
    advance,
    advanceUntil,
    pendingTimers: () => pending.size,
  }
}

/** Lets everything that is ready run: promise jobs, `nextTick`, and one round of the event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
