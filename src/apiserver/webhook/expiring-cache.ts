import { NewestMap } from "../../machinery/newest-map.ts"
import type { Clock } from "../../platform/clock.ts"

/** Remembers values for a while each; when it is full what was not asked for longest goes first. */
export class ExpiringCache<V> {
  readonly #entries: NewestMap<string, { readonly value: V; readonly untilMs: number }>
  readonly #clock: Pick<Clock, "monotonicMs">

  constructor(clock: Pick<Clock, "monotonicMs">, sizeMax: number) {
    this.#clock = clock
    this.#entries = new NewestMap(sizeMax)
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs <= this.#clock.monotonicMs()) {
      this.#entries.delete(key)
      return undefined
    }
    this.#entries.set(key, entry)
    return entry.value
  }

  /** A duration of 0 keeps nothing. */
  set(key: string, value: V, forMs: number): void {
    if (forMs > 0) this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + forMs })
    else this.#entries.delete(key)
  }
}
