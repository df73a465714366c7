import type { Timer } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"

/** Rings once, at the earliest of the times that were asked for. They are monotonic: a step of the clock moves none. */
export class Alarm {
  readonly #clock: Platform["clock"]
  readonly #ring: () => void
  #timer: Timer | undefined
  #atMs: number | undefined

  constructor(clock: Platform["clock"], ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  at(atMs: number): void {
    if (this.#atMs !== undefined && this.#atMs <= atMs) return
    this.#timer?.cancel()
    this.#atMs = atMs
    this.#timer = this.#clock.after(Math.max(atMs - this.#clock.monotonicMs(), 0), () => {
      this.#atMs = undefined
      this.#ring()
    })
  }

  clear(): void {
    this.#timer?.cancel()
    this.#atMs = undefined
  }
}
