import { bytesOf } from "./engine.ts"
import type { WatchEvent } from "./store.ts"

/** Most recent events kept in memory for all watches together. */
export const RECENT_EVENTS_MAX = 4096
/** Most bytes of keys and values kept in memory for all watches together. */
export const RECENT_BYTES_MAX = 8 * 1024 * 1024

interface Commit {
  readonly events: readonly WatchEvent[]
  readonly bytes: number
}

/**
 * The newest changes, shared by all watches: a reader that is not far behind is served from here, so no watch needs a
 * buffer of its own. Without holes: one element per revision.
 */
export class RecentEvents {
  /** Everything after this revision is here. */
  #startRevision: number
  #commits: Commit[] = []
  /** Elements before this one were dropped. Removing them one by one from the front would copy the array each time. */
  #head = 0
  #eventCount = 0
  #bytes = 0

  constructor(revision: number) {
    this.#startRevision = revision
  }

  get revision(): number {
    return this.#startRevision + this.#commits.length - this.#head
  }

  /** Adds the events of the revision after `revision`. */
  push(events: readonly WatchEvent[]): void {
    let bytes = 0
    for (const event of events) bytes += bytesOf(event.entry) + (event.previous ? bytesOf(event.previous) : 0)
    this.#commits.push({ events, bytes })
    this.#eventCount += events.length
    this.#bytes += bytes
    while (this.#eventCount > RECENT_EVENTS_MAX || this.#bytes > RECENT_BYTES_MAX) this.#dropOldest()
  }

  /** Whether every event after `revision` is still here. */
  covers(revision: number): boolean {
    return revision >= this.#startRevision
  }

  /** Whole revisions after `afterRevision`, until about `eventsMax` events under the prefix are found. */
  read(
    prefix: string,
    afterRevision: number,
    eventsMax: number,
  ): { readonly revision: number; readonly events: readonly WatchEvent[] } {
    const found: WatchEvent[] = []
    let revision = afterRevision
    while (revision < this.revision && found.length < eventsMax) {
      const commit = this.#commits[this.#head + revision - this.#startRevision]
      for (const event of commit?.events ?? []) if (event.entry.key.startsWith(prefix)) found.push(event)
      revision++
    }
    return { revision, events: found }
  }

  #dropOldest(): void {
    const oldest = this.#commits[this.#head]
    if (oldest === undefined) return
    this.#commits[this.#head] = { events: [], bytes: 0 }
    this.#eventCount -= oldest.events.length
    this.#bytes -= oldest.bytes
    this.#head++
    this.#startRevision++
    if (this.#head > RECENT_EVENTS_MAX) {
      this.#commits = this.#commits.slice(this.#head)
      this.#head = 0
    }
  }
}
