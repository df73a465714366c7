import type { WatchEvent } from "../store.ts"

export interface Change {
  readonly event: WatchEvent
  readonly timeMs: number
}

/** Dropped changes are removed from the array when there are this many, not one by one. */
const DROPPED_MAX = 1024

/** The kept changes in order of revision. */
export class ChangeLog {
  #changes: Change[] = []
  #head = 0

  push(event: WatchEvent, timeMs: number): void {
    this.#changes.push({ event, timeMs })
  }

  first(): Change | undefined {
    return this.#changes[this.#head]
  }

  dropFirst(): void {
    this.#head++
    if (this.#head < DROPPED_MAX && this.#head < this.#changes.length) return
    this.#changes = this.#changes.slice(this.#head)
    this.#head = 0
  }

  /** The changes of later revisions. The log must not change meanwhile. */
  *after(revision: number): Generator<Change, void, void> {
    let low = this.#head
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle]?.event.entry.modRevision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    for (let index = low; index < this.#changes.length; index++) {
      const change = this.#changes[index]
      if (change !== undefined) yield change
    }
  }
}
