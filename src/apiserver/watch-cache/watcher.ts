import type { KubeObject } from "../../machinery/schema/resource.ts"
import { expired } from "../../machinery/status/errors.ts"
import type { ServedEvent, ServedEvents, TakeEvent } from "../call.ts"
import type { CachedObject } from "./cached-object.ts"
import type { CacheEvent } from "./event-log.ts"
import type { Lane } from "./lane.ts"
import type { Selection } from "./selection.ts"
import type { WatchCache } from "./watch-cache.ts"

export interface WatcherOptions {
  readonly selection: Selection
  /** Exclusive: the first change sent is a later one. */
  readonly fromRevision: number
  /** Sent as ADDED before any change. */
  readonly initial: readonly CachedObject[]
  /** After the initial objects, a bookmark that says so. */
  readonly endOfInitialEvents: boolean
  readonly bookmarks: boolean
  readonly signal: AbortSignal
  /** The revision that the cache has reached: what a bookmark promises. */
  readonly reached: () => number
  /** Called once, when the watch is over. */
  readonly onEnd: () => void
}

/**
 * One watch. It is only a position in the shared log of changes: it holds no events of its own, so a slow client costs
 * nothing, and one that falls out of the log is told to list again.
 */
export class CacheWatcher implements ServedEvents, AsyncIterator<ServedEvent> {
  readonly selection: Selection
  readonly wantsBookmarks: boolean
  readonly #cache: WatchCache
  readonly #lane: Lane | undefined
  readonly #options: WatcherOptions
  #initialAt = 0
  #initialEndDue: boolean
  #position: number
  #bookmarkDue = false
  #finishing = false
  #ended = false
  #waiting: ((result: IteratorResult<ServedEvent, undefined>) => void) | undefined
  #fail: ((error: unknown) => void) | undefined

  constructor(cache: WatchCache, options: WatcherOptions) {
    this.selection = options.selection
    this.wantsBookmarks = options.bookmarks
    this.#cache = cache
    this.#options = options
    this.#initialEndDue = options.endOfInitialEvents
    this.#position = cache.log.sequenceAfter(options.fromRevision)
    this.#lane = cache.add(this)
    options.signal.addEventListener("abort", this.#abort, { once: true })
    if (options.signal.aborted) this.#end()
  }

  [Symbol.asyncIterator](): AsyncIterator<ServedEvent> {
    return this
  }

  next(): Promise<IteratorResult<ServedEvent, undefined>> {
    try {
      const result = this.#take()
      if (result !== undefined) return Promise.resolve(result)
    } catch (error) {
      this.#end()
      return Promise.reject(error)
    }
    return new Promise((resolve, reject) => {
      this.#waiting = resolve
      this.#fail = reject
    })
  }

  return(): Promise<IteratorResult<ServedEvent, undefined>> {
    this.#end()
    return Promise.resolve(OVER)
  }

  pump(take: TakeEvent): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (error: unknown): void => {
      this.#end()
      reject(error)
    }
    const stop = (): void => {
      this.#end()
      resolve()
    }
    const go = (first?: IteratorResult<ServedEvent, undefined>): void => {
      try {
        for (let result = first ?? this.#take(); result !== undefined; result = this.#take()) {
          if (result.done) return stop()
          const wantsMore = take(result.value)
          if (wantsMore === true) continue
          if (wantsMore === false) return stop()
          wantsMore.then((more) => (more ? go() : stop())).catch(fail)
          return
        }
        this.#waiting = go
        this.#fail = fail
      } catch (error) {
        fail(error)
      }
    }
    go()
    return promise
  }

  /** Looks again: something may have changed for this watcher. */
  wake(): void {
    const resolve = this.#waiting
    const reject = this.#fail
    if (resolve === undefined || reject === undefined) return
    try {
      const result = this.#take()
      if (result === undefined) return
      this.#waiting = undefined
      resolve(result)
    } catch (error) {
      this.#waiting = undefined
      this.#end()
      reject(error)
    }
  }

  /** Told of the newest change; a busy watcher finds it later in the log. */
  offer(event: CacheEvent): void {
    if (this.#waiting === undefined) return
    if (this.#position !== this.#cache.log.end - 1) return this.wake()
    this.#position++
    const seen = event.seenBy(this.selection)
    if (seen === undefined) return
    const resolve = this.#waiting
    this.#waiting = undefined
    resolve({ done: false, value: seen })
  }

  requestBookmark(): void {
    if (!this.wantsBookmarks) return
    this.#bookmarkDue = true
    this.wake()
  }

  /** Ends after everything that has happened, with a last bookmark. */
  finish(): void {
    this.#finishing = true
    this.#bookmarkDue = this.wantsBookmarks
    this.wake()
  }

  #take(): IteratorResult<ServedEvent, undefined> | undefined {
    if (this.#ended) return OVER
    const { initial, reached } = this.#options
    const next = initial[this.#initialAt]
    if (next !== undefined) {
      this.#initialAt++
      return { done: false, value: { type: "ADDED", served: next } }
    }
    if (this.#initialEndDue) {
      this.#initialEndDue = false
      const annotations = { "k8s.io/initial-events-end": "true" }
      return { done: false, value: this.#bookmark(this.#options.fromRevision, annotations) }
    }
    const seen = this.#nextChange()
    if (seen !== undefined) return { done: false, value: seen }
    if (this.#bookmarkDue) {
      this.#bookmarkDue = false
      return { done: false, value: this.#bookmark(Math.max(reached(), this.#options.fromRevision)) }
    }
    if (!this.#finishing) return undefined
    this.#end()
    return OVER
  }

  #nextChange(): ServedEvent | undefined {
    const { log } = this.#cache
    for (;;) {
      this.#position = this.#lane?.skip(this.#position, log.end) ?? this.#position
      if (log.isDropped(this.#position)) {
        throw expired("too old resource version: the watch fell behind; list again and watch from there")
      }
      if (this.#position >= log.end) return undefined
      const event = log.at(this.#position++)
      // A watch from a revision that has not happened yet waits for it.
      if (event === undefined || event.revision <= this.#options.fromRevision) continue
      const seen = event.seenBy(this.selection)
      if (seen !== undefined) return seen
    }
  }

  #bookmark(revision: number, annotations?: Readonly<Record<string, string>>): ServedEvent {
    const { kind, apiVersion } = this.#cache.resource
    const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) }
    // Only the resourceVersion means anything in a bookmark.
    const object = { kind, apiVersion, metadata } as unknown as KubeObject
    return { type: "BOOKMARK", served: { object, json: () => Buffer.from(JSON.stringify(object)) } }
  }

  readonly #abort = (): void => {
    const resolve = this.#waiting
    this.#waiting = undefined
    this.#end()
    resolve?.(OVER)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cache.remove(this)
    this.#options.signal.removeEventListener("abort", this.#abort)
    this.#options.onEnd()
  }
}

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined }
