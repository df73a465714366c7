import type { Random } from "../../platform/random.ts"

/**
 * Numbers or addresses out of a range, each given to one holder. Those at the beginning are given out last, so that
 * people can pick some there without colliding with chance.
 */
export class Pool<Key> {
  readonly size: number
  readonly #keyAt: (index: number) => Key
  readonly #offset: number
  readonly #random: Pick<Random, "int">
  readonly #taken: Set<Key>

  /**
   * `keyAt`: what stands at a place of the range, from 0 to `size` - 1. `offset`: how many at the beginning are kept for
   * those who ask for them. `taken`: those that are given, shared by pools whose ranges may overlap.
   */
  constructor(
    size: number,
    keyAt: (index: number) => Key,
    offset: number,
    random: Pick<Random, "int">,
    taken: Set<Key> = new Set(),
  ) {
    this.#taken = taken
    this.size = size
    this.#keyAt = keyAt
    this.#offset = Math.min(offset, size)
    this.#random = random
  }

  isTaken(key: Key): boolean {
    return this.#taken.has(key)
  }

  /** False when somebody else has it. */
  take(key: Key): boolean {
    if (this.#taken.has(key)) return false
    this.#taken.add(key)
    return true
  }

  /** Any free one; undefined when there is none. `isFree`: whether one may be given that nobody has taken here. */
  takeNext(isFree: (key: Key) => boolean = () => true): Key | undefined {
    const found = this.#find(this.#offset, this.size, isFree) ?? this.#find(0, this.#offset, isFree)
    if (found !== undefined) this.#taken.add(found)
    return found
  }

  release(key: Key): void {
    this.#taken.delete(key)
  }

  /** Starts at a random place, so that one that was just released is not reused at once. */
  #find(from: number, to: number, isFree: (key: Key) => boolean): Key | undefined {
    const size = to - from
    if (size <= 0) return undefined
    const start = this.#random.int(size)
    for (let i = 0; i < size; i++) {
      const candidate = this.#keyAt(from + ((start + i) % size))
      if (!this.#taken.has(candidate) && isFree(candidate)) return candidate
    }
    return undefined
  }
}

/** How much of a range is kept for those who ask, as in Kubernetes. */
export function keptForRequests(size: number, step: number, most: number): number {
  const least = 16
  return size <= least ? 0 : Math.min(Math.max(Math.floor(size / step), least), most)
}
