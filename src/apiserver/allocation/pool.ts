import type { Random } from "../../platform/random.ts"

/**
 * Numbers out of a range, each given to one holder. Those at the beginning are given out last, so that people can pick
 * numbers there without colliding with chance.
 */
export class Pool {
  readonly first: number
  readonly last: number
  readonly #offset: number
  readonly #random: Pick<Random, "int">
  readonly #taken: Set<number>

  /**
   * `offset`: how many numbers at the beginning are kept for those who ask for them. `taken`: those that are given,
   * shared by pools whose ranges may overlap.
   */
  constructor(
    first: number,
    last: number,
    offset: number,
    random: Pick<Random, "int">,
    taken: Set<number> = new Set(),
  ) {
    this.#taken = taken
    this.first = first
    this.last = last
    this.#offset = Math.min(offset, last - first + 1)
    this.#random = random
  }

  contains(number: number): boolean {
    return number >= this.first && number <= this.last
  }

  isTaken(number: number): boolean {
    return this.#taken.has(number)
  }

  /** False when somebody else has it. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false
    this.#taken.add(number)
    return true
  }

  /** Any free number; undefined when there is none. `isFree`: whether one may be given that nobody has taken here. */
  takeNext(isFree: (number: number) => boolean = () => true): number | undefined {
    const middle = this.first + this.#offset
    const found = this.#find(middle, this.last, isFree) ?? this.#find(this.first, middle - 1, isFree)
    if (found !== undefined) this.#taken.add(found)
    return found
  }

  release(number: number): void {
    this.#taken.delete(number)
  }

  clear(): void {
    this.#taken.clear()
  }

  /** Starts at a random place, so that a number that was just released is not reused at once. */
  #find(first: number, last: number, isFree: (number: number) => boolean): number | undefined {
    const size = last - first + 1
    if (size <= 0) return undefined
    const start = this.#random.int(size)
    for (let i = 0; i < size; i++) {
      const candidate = first + ((start + i) % size)
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
