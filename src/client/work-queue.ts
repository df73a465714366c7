import type { Clock, Timer } from "../platform/clock.ts"

/**
 * The queue of keys behind a control loop. A key waits at most once however often it is added, is handed to one worker
 * at a time, and is handed out again when it was added while being worked on.
 *
 * ```
 *            add            take             done
 *   (absent) ───▶ waiting ───────▶ working ───────▶ (absent)
 *                    ▲                │ add
 *                    └─────── done ── dirty
 * ```
 */
export class WorkQueue<K> {
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #waiting = new Set<K>()
  readonly #working = new Set<K>()
  readonly #dirty = new Set<K>()
  readonly #delayed = new Map<K, { readonly atMs: number; readonly timer: Timer }>()
  readonly #failures = new Map<K, number>()
  readonly #takers: ((key: K | undefined) => void)[] = []
  #closed = false

  constructor(clock: Clock, backoff: Backoff = defaultBackoff) {
    this.#clock = clock
    this.#backoff = backoff
  }

  /** Keys waiting or being worked on. Delayed keys do not count. */
  get busy(): number {
    return this.#waiting.size + this.#working.size
  }

  add(key: K): void {
    if (this.#closed) return
    if (this.#working.has(key)) {
      this.#dirty.add(key)
      return
    }
    if (this.#waiting.has(key)) return
    const taker = this.#takers.shift()
    if (taker === undefined) {
      this.#waiting.add(key)
      return
    }
    this.#working.add(key)
    taker(key)
  }

  /** Adds the key later. Of several delays for one key the earliest counts. */
  addAfter(key: K, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) return this.add(key)
    const atMs = this.#clock.monotonicMs() + delayMs
    const planned = this.#delayed.get(key)
    if (planned !== undefined) {
      if (planned.atMs <= atMs) return
      planned.timer.cancel()
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { atMs, timer })
  }

  /** Adds the key after a pause that doubles with each failure in a row. */
  addAfterFailure(key: K): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.addAfter(key, Math.min(this.#backoff.firstMs * 2 ** failures, this.#backoff.longestMs))
  }

  /** Ends the run of failures of a key. */
  forget(key: K): void {
    this.#failures.delete(key)
  }

  /** Waits for a key. Resolves to undefined when the queue is closed. Every taken key must be given back with `done`. */
  take(): Promise<K | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const [key] = this.#waiting
    if (key !== undefined) {
      this.#waiting.delete(key)
      this.#working.add(key)
      return Promise.resolve(key)
    }
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  done(key: K): void {
    this.#working.delete(key)
    if (this.#dirty.delete(key)) this.add(key)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    this.#waiting.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}

export interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
}
/** As client-go's controllers: 5 ms doubling up to 1000 s. */
export const defaultBackoff: Backoff = { firstMs: 5, longestMs: 1_000_000 }
