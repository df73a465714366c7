import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { serviceUnavailable, tooLargeResourceVersion } from "../../machinery/status/errors.ts"
import type { Clock, Timer } from "../../platform/clock.ts"
import type { Logger } from "../../platform/log.ts"
import type { Random } from "../../platform/random.ts"
import type { Entry, RangeResult, Store, WatchEvent } from "../../store/store.ts"
import { StoreClosedError } from "../../store/store.ts"
import { prefixOf, REGISTRY_PREFIX, resourcePrefix } from "../resources/storage-key.ts"
import { byKey, CachedObject } from "./cached-object.ts"
import { PLAIN, type StorageTransformer } from "./transformer.ts"
import { WatchCache } from "./watch-cache.ts"

/** How often a watch that asked for bookmarks gets one. */
export const BOOKMARK_INTERVAL_MS = 60_000
/** How long a read waits for a revision that has not been reached before it says that it is too large. */
export const REVISION_WAIT_MS = 3_000
const RELOAD_DELAY_MS = 1_000

export interface FeedOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly resources: readonly AnyResource[]
  /** How the values of a resource are kept; absent: as they are. */
  readonly transformerOf?: (resource: AnyResource) => StorageTransformer | undefined
  /** Fields to index, by resource. */
  readonly indexesOf?: (resource: AnyResource) => readonly string[]
}

/** Makes an object of the cache from what is stored. */
export type ObjectMaker = (key: string, revision: number, json: Uint8Array) => CachedObject

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
}

/**
 * Keeps the caches of all resources up to date from one watch of the store, so that they share one revision: a read
 * that waited for it sees every resource at least at that revision.
 */
export class CacheFeed {
  readonly #options: FeedOptions
  readonly #caches = new Map<string, WatchCache>()
  readonly #transformers = new Map<string, StorageTransformer>()
  readonly #makers = new Map<string, ObjectMaker>()
  /** What has changed below a prefix while it is read for the first time. */
  readonly #arriving = new Map<string, WatchEvent[]>()
  /** Not a weak map: the collector would have to look through it each time. */
  readonly #written = new Map<Uint8Array, Written>()
  readonly #waiters = new Set<Waiter>()
  readonly #stop = new AbortController()
  #revision = 0
  /** How often everything was read. */
  #loads = 0
  #ready: Promise<void> | undefined
  #bookmarks: Timer | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    for (const resource of options.resources) {
      const prefix = resourcePrefix(resource)
      if (!this.#caches.has(prefix)) this.#caches.set(prefix, this.#newCache(prefix, resource))
    }
  }

  #newCache(prefix: string, resource: AnyResource): WatchCache {
    const { indexesOf, transformerOf } = this.#options
    this.#transformers.set(prefix, transformerOf?.(resource) ?? PLAIN)
    return new WatchCache(resource, indexesOf?.(resource))
  }

  /**
   * Keeps another resource, or one that is kept already in another form: then what is stored is read again, and its
   * watches end. `make` is for objects that can be stored in several forms. Resolves when the resource can be read. Not
   * to be called for a resource while an earlier call for it runs.
   */
  async add(resource: AnyResource, make?: ObjectMaker): Promise<void> {
    const prefix = resourcePrefix(resource)
    if (make === undefined) this.#makers.delete(prefix)
    else this.#makers.set(prefix, make)
    const before = this.#caches.get(prefix)
    const cache = this.#newCache(prefix, resource)
    if (before !== undefined) {
      const again = ({ key, revision, stored }: CachedObject) => this.#make(resource, key, revision, stored)
      cache.load(before.list({ prefix }).map(again), this.#revision)
      this.#caches.set(prefix, cache)
      before.finishAll()
      return
    }
    try {
      const { entries, revision } = await this.#readAll(prefix)
      cache.load(entries.flatMap((entry) => this.#read(resource, entry) ?? []).sort(byKey), revision)
      for (const event of this.#arriving.get(prefix) ?? []) this.#applyTo(cache, event, revision)
      this.#caches.set(prefix, cache)
      await this.show(revision)
    } finally {
      this.#arriving.delete(prefix)
    }
  }

  /** From now on changes arrive. When the watch of the store had to begin anew meanwhile, some may be missing. */
  async #readAll(prefix: string): Promise<RangeResult> {
    for (;;) {
      const loads = this.#loads
      this.#arriving.set(prefix, [])
      const found = await this.#options.store.range({ prefix })
      if (loads === this.#loads) return found
    }
  }

  /** Keeps a resource no longer. Its watches end. What is stored stays. */
  remove(resource: AnyResource): void {
    const prefix = resourcePrefix(resource)
    this.#caches.get(prefix)?.finishAll()
    this.#caches.delete(prefix)
    this.#transformers.delete(prefix)
    this.#makers.delete(prefix)
  }

  #make(resource: AnyResource, key: string, revision: number, json: Uint8Array): CachedObject {
    const make = this.#makers.get(resourcePrefix(resource))
    return make === undefined ? new CachedObject(resource, key, revision, json) : make(key, revision, json)
  }

  /** Everything up to this revision has been applied to all caches. */
  get revision(): number {
    return this.#revision
  }

  /** Loads the caches and follows the store. Resolves when the caches can be read. */
  start(): Promise<void> {
    if (this.#ready === undefined) {
      const loaded = Promise.withResolvers<void>()
      this.#ready = loaded.promise
      void this.#run(loaded)
      this.#scheduleBookmarks()
    }
    return this.#ready
  }

  close(): void {
    this.#stop.abort()
    this.#bookmarks?.cancel()
    for (const cache of this.#caches.values()) cache.finishAll()
    for (const waiter of this.#waiters) waiter.resolve()
    this.#waiters.clear()
  }

  cacheOf(resource: AnyResource): WatchCache {
    const cache = this.#caches.get(resourcePrefix(resource))
    if (cache === undefined) throw new TypeError(`no cache for ${resource.plural}.${resource.group}`)
    return cache
  }

  transformerOf(resource: AnyResource): StorageTransformer {
    return this.#transformers.get(resourcePrefix(resource)) ?? PLAIN
  }

  /**
   * Tells what a value means that is about to be put, so that it is not parsed (or decrypted) again. Whoever put it
   * calls `forget` when the caches show it, or when it came to nothing.
   */
  announce(value: Uint8Array, json: Uint8Array, object: KubeObject): void {
    this.#written.set(value, { json, object, cached: undefined })
  }

  forget(value: Uint8Array): void {
    this.#written.delete(value)
  }

  /** An entry of the store as an object. Throws when the value cannot be read. */
  objectOf(resource: AnyResource, entry: Entry): CachedObject {
    const written = this.#written.get(entry.value)
    if (written === undefined) {
      const json = this.transformerOf(resource).fromStorage(entry.key, entry.value)
      return this.#make(resource, entry.key, entry.modRevision, json)
    }
    if (written.cached?.revision !== entry.modRevision) {
      const { metadata } = written.object
      const object = { ...written.object, metadata: { ...metadata, resourceVersion: String(entry.modRevision) } }
      written.cached = new CachedObject(resource, entry.key, entry.modRevision, written.json, object)
    }
    return written.cached
  }

  /** Waits until everything that was acknowledged before this call can be read. */
  async consistent(): Promise<number> {
    const revision = await this.#options.store.revision()
    await this.reach(revision)
    return revision
  }

  /** After a write: waits until the caches show it, so that whoever was told of it also finds it. Gives up in silence. */
  async show(revision: number): Promise<void> {
    if (this.#revision < revision && !this.#stop.signal.aborted) await this.#wait(revision)
  }

  /** Waits for a revision. Throws `Too large resource version` when it does not come. */
  async reach(revision: number): Promise<void> {
    if (this.#revision >= revision) return
    if (this.#stop.signal.aborted) throw serviceUnavailable("the server is shutting down")
    await this.#wait(revision)
    if (this.#revision < revision) throw tooLargeResourceVersion(String(revision), String(this.#revision), 1)
  }

  async #wait(revision: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter: Waiter = { revision, resolve }
    this.#waiters.add(waiter)
    const timer = this.#options.clock.after(REVISION_WAIT_MS, resolve)
    await promise
    timer.cancel()
    this.#waiters.delete(waiter)
  }

  async #run(loaded: PromiseWithResolvers<void>): Promise<void> {
    const { store, log, clock } = this.#options
    while (!this.#stop.signal.aborted) {
      try {
        await this.#load()
        loaded.resolve()
        // Of all keys, so that each revision is seen and nobody waits for one that changed something else.
        const watch = store.watch({ prefix: "", fromRevision: this.#revision, signal: this.#stop.signal })
        for await (const batch of watch) this.#apply(batch.events, batch.revision)
      } catch (error) {
        if (this.#stop.signal.aborted || error instanceof StoreClosedError) {
          loaded.reject(error)
          return
        }
        log.error("the watch cache lost the store and loads again", { error })
        await clock.sleep(RELOAD_DELAY_MS, this.#stop.signal).catch(() => undefined)
      }
    }
  }

  async #load(): Promise<void> {
    const { entries, revision } = await this.#options.store.range({ prefix: REGISTRY_PREFIX })
    this.#loads++
    const byPrefix = Map.groupBy(entries, (entry) => prefixOf(entry.key))
    for (const [prefix, cache] of this.#caches) {
      const objects = (byPrefix.get(prefix) ?? []).flatMap((entry) => this.#read(cache.resource, entry) ?? [])
      cache.load(objects.sort(byKey), revision)
    }
    this.#advance(revision)
  }

  #apply(events: readonly WatchEvent[], revision: number): void {
    for (const event of events) {
      const { entry } = event
      const prefix = prefixOf(entry.key)
      const cache = this.#caches.get(prefix)
      if (cache !== undefined) this.#applyTo(cache, event)
      else this.#arriving.get(prefix)?.push(event)
    }
    this.#advance(revision)
  }

  /** What the cache has already, from before `loadedRevision`, is passed over. */
  #applyTo(cache: WatchCache, { type, entry }: WatchEvent, loadedRevision = 0): void {
    if (entry.modRevision <= loadedRevision) return
    cache.apply(entry.key, entry.modRevision, type === "put" ? this.#read(cache.resource, entry) : undefined)
  }

  /** One value that cannot be read must not stop all the others. */
  #read(resource: AnyResource, entry: Entry): CachedObject | undefined {
    try {
      return this.objectOf(resource, entry)
    } catch (error) {
      this.#options.log.error("a stored value cannot be read and is left out", { key: entry.key, error })
      return undefined
    }
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#revision) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #scheduleBookmarks(): void {
    this.#bookmarks = this.#options.clock.after(BOOKMARK_INTERVAL_MS, () => {
      if (this.#stop.signal.aborted) return
      for (const cache of this.#caches.values()) cache.requestBookmarks()
      this.#scheduleBookmarks()
    })
  }
}

interface Written {
  readonly json: Uint8Array
  readonly object: KubeObject
  cached: CachedObject | undefined
}
