import type { Reservation } from "../resources/hooks.ts"
import type { Pool } from "./pool.ts"

/** What one write takes from and gives back to pools: all of it counts when the write succeeds, none when it fails. */
export class Grants implements Reservation {
  readonly #taken: { readonly pool: Pool; readonly number: number }[] = []
  readonly #released: { readonly pool: Pool; readonly number: number }[] = []
  #settled = false

  /** False when somebody else has it. */
  take(pool: Pool, number: number): boolean {
    if (!pool.take(number)) return false
    this.#taken.push({ pool, number })
    return true
  }

  takeNext(pool: Pool, isFree?: (number: number) => boolean): number | undefined {
    const number = pool.takeNext(isFree)
    if (number !== undefined) this.#taken.push({ pool, number })
    return number
  }

  /** Others may have it only after the write. */
  release(pool: Pool, number: number): void {
    this.#released.push({ pool, number })
  }

  commit = (): void => {
    if (this.#settled) return
    this.#settled = true
    for (const { pool, number } of this.#released) pool.release(number)
  }

  revert = (): void => {
    if (this.#settled) return
    this.#settled = true
    for (const { pool, number } of this.#taken) pool.release(number)
  }
}
