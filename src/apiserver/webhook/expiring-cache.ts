import type { Clock } from "../../platform/clock.ts"

/** Remembers values for a while each; when it is full what was not asked for longest goes first. */
export class ExpiringCache<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly untilMs: number }>()
  readonly #clock: Pick<Clock, "monotonicMs">
  readonly #sizeMax: number

  constructor(clock: Pick<Clock, "monotonicMs">, sizeMax: number) {
    this.#clock = clock
    this.#sizeMax = sizeMax
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.untilMs <= this.#clock.monotonicMs()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  /** A duration of 0 keeps nothing. */
  set(key: string, value: V, forMs: number): void {
    this.#entries.delete(key)
    if (forMs <= 0) return
    this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + forMs })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#sizeMax) break
      this.#entries.delete(oldest)
    }
  }
}
