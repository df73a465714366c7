import { compareKeys } from "../keys.ts"

/** A chunk is split in two when it grows beyond this; small enough that inserting in the middle stays cheap. */
const CHUNK_KEYS_MAX = 512

/** A set of keys in order. Adding and removing cost the logarithm of the size plus the length of one chunk. */
export class SortedKeys {
  /** Non-empty chunks, in order. */
  readonly #chunks: string[][] = []

  /** The key must not be in the set. */
  add(key: string): void {
    const at = Math.max(this.#chunkOf(key), 0)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([key])
      return
    }
    chunk.splice(lowerBound(chunk, key), 0, key)
    if (chunk.length > CHUNK_KEYS_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_KEYS_MAX / 2))
  }

  delete(key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const index = lowerBound(chunk, key)
    if (chunk[index] !== key) return
    chunk.splice(index, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** The keys from `startKey` on, in order. The set must not change meanwhile. */
  *from(startKey: string): Generator<string, void, void> {
    const first = Math.max(this.#chunkOf(startKey), 0)
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? []
      for (let index = at === first ? lowerBound(chunk, startKey) : 0; index < chunk.length; index++) {
        yield chunk[index] ?? ""
      }
    }
  }

  /** The last chunk that begins at or before the key; -1 when the key comes before all. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(this.#chunks[middle]?.[0] ?? "", key) <= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** The index of the first key that is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(keys[middle] ?? "", key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
