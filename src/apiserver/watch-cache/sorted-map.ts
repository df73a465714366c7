/** A map whose keys can be walked in order, also from the middle. Made for many reads and few new keys. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>()
  readonly #keys: string[] = []

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) {
      const last = this.#keys.at(-1)
      // Loading is in order, so it only appends.
      if (last === undefined || last < key) this.#keys.push(key)
      else this.#keys.splice(this.indexOf(key), 0, key)
    }
    this.#values.set(key, value)
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.indexOf(key), 1)
  }

  clear(): void {
    this.#values.clear()
    this.#keys.length = 0
  }

  /** The position of the first key that is not before `key`. */
  indexOf(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] ?? "") < key) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The values whose keys begin with `prefix`, from `startKey` on, in order of keys. */
  values(prefix: string, startKey = prefix): V[] {
    const found: V[] = []
    for (let i = this.indexOf(startKey < prefix ? prefix : startKey); i < this.#keys.length; i++) {
      const key = this.#keys[i] ?? ""
      if (!key.startsWith(prefix)) break
      const value = this.#values.get(key)
      if (value !== undefined) found.push(value)
    }
    return found
  }
}
