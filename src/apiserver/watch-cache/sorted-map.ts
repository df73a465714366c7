/** Moving the keys behind a place is many times faster than walking over all of them. */
const FEW = 16

/**
 * A map whose keys can be walked in order, also from the middle. New keys are put into their places by the next walk, all
 * at once: one by one, each would move half of the others.
 */
export class SortedMap<V> {
  readonly #values = new Map<string, V>()
  #keys: string[] = []
  /** Keys that are in no order yet. */
  #fresh: string[] = []
  /** Keys that have left, but not their places: others that come and go take nothing to be moved. */
  #gone = new Set<string>()

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key) && !this.#gone.delete(key)) {
      const last = this.#keys.at(-1)
      // Loading is in order, so it only appends.
      if (last === undefined || last < key) this.#keys.push(key)
      else this.#fresh.push(key)
    }
    this.#values.set(key, value)
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return
    this.#gone.add(key)
    if (this.#gone.size > FEW && this.#gone.size > this.#values.size) this.#forgetGone()
  }

  clear(): void {
    this.#values.clear()
    this.#keys = []
    this.#fresh = []
    this.#gone.clear()
  }

  /** The values whose keys begin with `prefix`, from `startKey` on, in order of keys. */
  values(prefix: string, startKey = prefix): V[] {
    const found: V[] = []
    const keys = this.#ordered()
    for (let i = indexIn(keys, startKey < prefix ? prefix : startKey); i < keys.length; i++) {
      const key = keys[i] ?? ""
      if (!key.startsWith(prefix)) break
      const value = this.#values.get(key)
      if (value !== undefined) found.push(value)
    }
    return found
  }

  #forgetGone(): void {
    const isHere = (key: string) => this.#values.has(key)
    this.#keys = this.#keys.filter(isHere)
    this.#fresh = this.#fresh.filter(isHere)
    this.#gone.clear()
  }

  #ordered(): string[] {
    if (this.#fresh.length === 0) return this.#keys
    if (this.#fresh.length > FEW) this.#keys = merged(this.#keys, this.#fresh.sort(byUnits))
    else for (const key of this.#fresh) this.#keys.splice(indexIn(this.#keys, key), 0, key)
    this.#fresh = []
    return this.#keys
  }
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : 1)

/** The position of the first key that is not before `key`. */
function indexIn(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? "") < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Of two lists in order, which have no key in common. */
function merged(keys: readonly string[], fresh: readonly string[]): string[] {
  const all: string[] = []
  let from = 0
  for (const key of fresh) {
    const at = indexIn(keys, key)
    for (; from < at; from++) all.push(keys[from] ?? "")
    all.push(key)
  }
  for (; from < keys.length; from++) all.push(keys[from] ?? "")
  return all
}
