import type { ServedEvent } from "../call.ts"
import type { CachedObject } from "./cached-object.ts"
import { type Selection, selects } from "./selection.ts"

/**
 * A change as all watchers share it: what a watcher is sent is made once, so that it can also be encoded once (by
 * identity of the `ServedEvent`).
 */
export class CacheEvent {
  readonly revision: number
  /** Undefined: deleted. */
  readonly current: CachedObject | undefined
  /** Undefined: created. */
  readonly previous: CachedObject | undefined
  #added: ServedEvent | undefined
  #modified: ServedEvent | undefined
  #deleted: ServedEvent | undefined

  constructor(revision: number, current: CachedObject | undefined, previous: CachedObject | undefined) {
    this.revision = revision
    this.current = current
    this.previous = previous
  }

  /** What a watcher with this selection sees: entering is ADDED, leaving is DELETED. */
  seenBy(selection: Selection): ServedEvent | undefined {
    const { current, previous } = this
    const is = current !== undefined && selects(selection, current)
    const was = previous !== undefined && selects(selection, previous)
    if (is && was) return (this.#modified ??= { type: "MODIFIED", served: current, previous })
    if (is) return (this.#added ??= { type: "ADDED", served: current })
    // The last state that matched, at the revision at which it stopped to match.
    if (was) return (this.#deleted ??= { type: "DELETED", served: previous.at(this.revision) })
    return undefined
  }
}

/** The newest changes of one resource, by sequence number. Old ones are dropped when there are too many. */
export class EventLog {
  readonly #capacity: number
  #events: (CacheEvent | undefined)[] = []
  #head = 0
  #start = 0
  /** Every change after this revision is here. */
  #startRevision = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The sequence number of the oldest event that is kept. */
  get start(): number {
    return this.#start
  }

  get end(): number {
    return this.#start + this.#events.length - this.#head
  }

  get startRevision(): number {
    return this.#startRevision
  }

  /** Forgets everything; the log begins after this revision. */
  reset(revision: number): void {
    // One more than the end, so that those who had seen everything also notice.
    this.#start = this.end + 1
    this.#events = []
    this.#head = 0
    this.#startRevision = revision
  }

  push(event: CacheEvent): void {
    this.#events.push(event)
    if (this.#events.length - this.#head <= this.#capacity) return
    this.#startRevision = this.#events[this.#head]?.revision ?? this.#startRevision
    this.#events[this.#head++] = undefined
    this.#start++
    // Copying rarely is cheaper than shifting each time.
    if (this.#head > this.#capacity) {
      this.#events = this.#events.slice(this.#head)
      this.#head = 0
    }
  }

  /** Undefined when it was dropped or has not happened. */
  at(sequence: number): CacheEvent | undefined {
    return this.#events[this.#head + sequence - this.#start]
  }

  isDropped(sequence: number): boolean {
    return sequence < this.#start
  }

  /** The first event after a revision. */
  sequenceAfter(revision: number): number {
    let low = this.#head
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#events[middle]?.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return this.#start + low - this.#head
  }
}
