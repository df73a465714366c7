/** A binary heap: the least element by `before` comes out first. */
export class PriorityHeap<T> {
  readonly #items: T[] = []
  readonly #before: (left: T, right: T) => boolean

  constructor(before: (left: T, right: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  /** The least element, without taking it out. */
  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    items.push(item)
    let at = items.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) break
      at = parent
    }
  }

  pop(): T | undefined {
    const items = this.#items
    const [first] = items
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    items[0] = last
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= items.length) return first
      const right = left + 1
      const child = right < items.length && this.#isBefore(right, left) ? right : left
      if (!this.#swapIfBefore(child, at)) return first
      at = child
    }
  }

  #isBefore(left: number, right: number): boolean {
    return this.#before(this.#items[left] as T, this.#items[right] as T)
  }

  #swapIfBefore(left: number, right: number): boolean {
    if (!this.#isBefore(left, right)) return false
    const items = this.#items
    const kept = items[left] as T
    items[left] = items[right] as T
    items[right] = kept
    return true
  }
}
