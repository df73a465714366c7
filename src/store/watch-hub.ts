import type { ChangesPage } from "./engine.ts"
import { CHANGES_PAGE_EVENTS } from "./engine.ts"
import { CompactedError, StoreClosedError } from "./errors.ts"
import { RecentEvents } from "./recent-events.ts"
import type { Watch, WatchBatch, WatchEvent, WatchRequest } from "./store.ts"

/** Reads a page of changes from history. */
export type ReadChanges = (prefix: string, afterRevision: number) => Promise<ChangesPage>

/**
 * Hands committed changes to watches. A watch is only a position: the changes after it come from the recent events,
 * or from history when it is further behind.
 */
export class WatchHub {
  readonly recent: RecentEvents
  readonly readChanges: ReadChanges
  compactRevision: number
  closed = false
  readonly #watchers = new Set<Watcher>()

  constructor(revision: number, compactRevision: number, readChanges: ReadChanges) {
    this.recent = new RecentEvents(revision)
    this.compactRevision = compactRevision
    this.readChanges = readChanges
  }

  get revision(): number {
    return this.recent.revision
  }

  get watchCount(): number {
    return this.#watchers.size
  }

  /** Adds the events of the next revision. */
  publish(events: readonly WatchEvent[]): void {
    this.recent.push(events)
    for (const watcher of this.#watchers) watcher.offer(events)
  }

  watch(request: WatchRequest): Watch {
    return new Watcher(this, request)
  }

  add(watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  close(): void {
    this.closed = true
    for (const watcher of this.#watchers) watcher.wake()
  }
}

class Watcher implements Watch {
  readonly #hub: WatchHub
  readonly #request: WatchRequest
  /** Everything up to this revision was delivered or does not concern this watch. */
  #position: number
  readonly #tooOld: CompactedError | undefined
  #started = false
  #progressRequested = false
  #wake: (() => void) | undefined

  constructor(hub: WatchHub, request: WatchRequest) {
    this.#hub = hub
    this.#request = request
    this.#position = request.fromRevision
    const { fromRevision } = request
    this.#tooOld =
      fromRevision < hub.compactRevision ? new CompactedError(fromRevision, hub.compactRevision) : undefined
  }

  requestProgress(): void {
    this.#progressRequested = true
    this.wake()
  }

  /** Wakes the reader when the newest revision concerns it. A reader that is busy finds out when it asks again. */
  offer(events: readonly WatchEvent[]): void {
    if (this.#wake === undefined || this.#position >= this.#hub.revision) return
    if (events.some((event) => event.entry.key.startsWith(this.#request.prefix))) this.wake()
    else this.#position = this.#hub.revision
  }

  /** At most once per sleep: after it, `offer` must leave the position alone until the reader has looked. */
  wake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchBatch, void, void> {
    if (this.#started) throw new TypeError("a watch can be iterated once: start another watch from the last revision")
    this.#started = true
    if (this.#tooOld !== undefined) throw this.#tooOld
    const { signal } = this.#request
    const wake = () => this.wake()
    signal?.addEventListener("abort", wake)
    this.#hub.add(this)
    try {
      while (!isAborted(signal)) {
        if (this.#hub.closed) throw new StoreClosedError()
        const batch = await this.#nextBatch()
        // An abort while history was read: the reader has gone.
        if (batch !== undefined && !isAborted(signal)) yield batch
      }
    } finally {
      signal?.removeEventListener("abort", wake)
      this.#hub.remove(this)
    }
  }

  /** Makes one step: undefined when it led to nothing to deliver. */
  async #nextBatch(): Promise<WatchBatch | undefined> {
    const hub = this.#hub
    if (this.#position >= hub.revision) {
      if (this.#progressRequested) {
        this.#progressRequested = false
        return { revision: hub.revision, events: [] }
      }
      await this.#sleep()
      return undefined
    }
    const page = hub.recent.covers(this.#position)
      ? hub.recent.read(this.#request.prefix, this.#position, CHANGES_PAGE_EVENTS)
      : await hub.readChanges(this.#request.prefix, this.#position)
    this.#position = page.revision
    return page.events.length > 0 ? page : undefined
  }

  async #sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
