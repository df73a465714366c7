import type { Reservation } from "../resources/hooks.ts"
import type { Pool } from "./pool.ts"

/** What one write takes from and gives back to pools: all of it counts when the write succeeds, none when it fails. */
export class Grants implements Reservation {
  readonly #onRevert: (() => void)[] = []
  readonly #onCommit: (() => void)[] = []
  #settled = false

  /** False when somebody else has it. */
  take<Key>(pool: Pool<Key>, key: Key): boolean {
    if (!pool.take(key)) return false
    this.#onRevert.push(() => pool.release(key))
    return true
  }

  takeNext<Key>(pool: Pool<Key>, isFree?: (key: Key) => boolean): Key | undefined {
    const key = pool.takeNext(isFree)
    if (key !== undefined) this.#onRevert.push(() => pool.release(key))
    return key
  }

  /** Others may have it only after the write. */
  release<Key>(pool: Pick<Pool<Key>, "release">, key: Key): void {
    this.#onCommit.push(() => pool.release(key))
  }

  commit = (): void => this.#settle(this.#onCommit)

  revert = (): void => this.#settle(this.#onRevert)

  #settle(steps: readonly (() => void)[]): void {
    if (this.#settled) return
    this.#settled = true
    for (const step of steps) step()
  }
}
