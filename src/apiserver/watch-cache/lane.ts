import type { CacheWatcher } from "./watcher.ts"

/** So often, places in the log that is no longer kept are forgotten. */
const FORGET_EVERY = 1024

/** The watchers that look at one value of an indexed field, and where in the log something happened that concerns them. */
export class Lane {
  readonly watchers = new Set<CacheWatcher>()
  /** In the log from here on, what no place says is no concern of theirs. */
  #since: number
  #places: number[] = []

  constructor(since: number) {
    this.#since = since
  }

  /** The log begins anew. */
  restart(since: number): void {
    this.#since = since
    this.#places = []
  }

  /** `oldestKept`: where the log begins now. */
  note(place: number, oldestKept: number): void {
    this.#places.push(place)
    if (this.#places.length % FORGET_EVERY !== 0) return
    // The last one that is not kept stays: who has not seen it has to list again.
    this.#places = this.#places.slice(Math.max(0, indexOf(this.#places, oldestKept) - 1))
  }

  /** Moves a position in the log on to the next change that may be a concern, at most to the end. */
  skip(position: number, end: number): number {
    if (position < this.#since) return position
    return this.#places[indexOf(this.#places, position)] ?? end
  }
}

/** The index of the first place from `position` on. */
function indexOf(places: readonly number[], position: number): number {
  // Most look for the newest one.
  if ((places.at(-2) ?? -1) < position) return (places.at(-1) ?? -1) < position ? places.length : places.length - 1
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low
}
