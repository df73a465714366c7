import type { AnyResource, KubeObject, ObjectOf } from "../machinery/schema/resource.ts"
import { isExpired, isGone, isNotFound } from "../machinery/status/predicates.ts"
import type { Platform } from "../platform/platform.ts"
import type { Client, ListOptions } from "./client.ts"
import type { WatchEvent } from "./transport.ts"

/** What happened to one object. After a gap in the watch, several changes may be reported as one. */
export type Change<T> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly previous: T }
  | { readonly type: "deleted"; readonly object: T }

/** `namespace/name`, or `name` for kinds without namespace. */
export type Key = string
export function keyOf(object: {
  readonly metadata: { readonly namespace?: string | undefined; readonly name: string }
}): Key {
  const { namespace, name } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}
export function splitKey(key: Key): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/")
  return { namespace: slash < 0 ? "" : key.slice(0, slash), name: key.slice(slash + 1) }
}

/** A local, always current copy of the objects of one kind, kept by list and watch. Objects are shared: never change them. */
export interface Informer<T> {
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>
  get(key: Key): T | undefined
  list(namespace?: string): T[]
  /** Objects for which the index function gave `value`. The index must have been added before. */
  indexed(index: string, value: string): T[]
  /** Adds an index; each object stands under every value that `values` gives. */
  addIndex(index: string, values: (object: T) => readonly string[]): void
  /** Calls `handle` for every change from now on, and at once with `added` for what is already here. */
  onChange(handle: (change: Change<T>) => void): void
  /** Resolves when the copy has reached a resourceVersion, or when the informer stops. */
  reached(resourceVersion: string): Promise<void>
  /** Resolves when `holds` is true; checked after each change, or after each change of the object with this key. */
  until(holds: () => boolean, key?: Key): Promise<void>
}

const retryFirstMs = 50
const retryLongestMs = 5000

/** Starts listing and watching at once; stops when `signal` aborts. Errors are logged and retried for ever. */
export function startInformer<R extends AnyResource>(
  client: Client,
  resource: R,
  options: {
    readonly platform: Pick<Platform, "clock" | "log">
    readonly signal: AbortSignal
    readonly scope?: Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector">
  },
): Informer<ObjectOf<R>> {
  const cache = new InformerCache<KubeObject>()
  const follower = new Follower(client, resource, cache, options)
  void follower.run()
  options.signal.addEventListener("abort", () => cache.stop(), { once: true })
  // The cache only reads metadata, which every kind has.
  return cache as unknown as Informer<ObjectOf<R>>
}

class Follower {
  readonly #client: Client
  readonly #resource: AnyResource
  readonly #cache: InformerCache<KubeObject>
  readonly #options: Parameters<typeof startInformer>[2]

  constructor(
    client: Client,
    resource: AnyResource,
    cache: InformerCache<KubeObject>,
    options: Parameters<typeof startInformer>[2],
  ) {
    this.#client = client
    this.#resource = resource
    this.#cache = cache
    this.#options = options
  }

  async run(): Promise<void> {
    const { platform, signal } = this.#options
    let pauseMs = retryFirstMs
    let from: string | undefined
    while (!signal.aborted) {
      try {
        from ??= await this.#list()
        const before = from
        from = await this.#watch(from)
        if (from !== before) pauseMs = retryFirstMs
      } catch (error) {
        if (signal.aborted) return
        if (isExpired(error) || isGone(error)) from = undefined
        // A kind that is no longer served is a matter of whoever follows it.
        else if (isNotFound(error)) platform.log.debug("informer finds nothing to watch", { kind: this.#resource.kind })
        else platform.log.warn("informer lost its watch and will retry", { kind: this.#resource.kind, pauseMs, error })
        from = this.#cache.revisionIfSynced(from)
        await platform.clock.sleep(pauseMs, signal).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, retryLongestMs)
      }
    }
  }

  async #list(): Promise<string> {
    const result = await this.#client.of(this.#resource).list(this.#options.scope)
    this.#cache.replace(result.items as readonly KubeObject[], result.resourceVersion)
    return result.resourceVersion
  }

  async #watch(from: string): Promise<string> {
    const { signal, scope } = this.#options
    let last = from
    const watch = { ...scope, resourceVersion: from, allowBookmarks: true, signal }
    const events = this.#client.of(this.#resource).watch(watch) as AsyncIterable<WatchEvent<KubeObject>>
    for await (const event of events) {
      last = event.object.metadata.resourceVersion
      this.#cache.apply(event)
    }
    return last
  }
}

class InformerCache<T extends KubeObject> implements Informer<T> {
  readonly synced: Promise<void>
  readonly #markSynced: () => void
  readonly #objects = new Map<Key, T>()
  readonly #indexes = new Map<string, { readonly values: (o: T) => readonly string[]; readonly byValue: Index<T> }>()
  readonly #handlers: ((change: Change<T>) => void)[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #waitersOfKey = new Map<Key, Set<Waiter>>()
  /** The lowest revision first. */
  readonly #awaited: { readonly revision: number; readonly resolve: () => void }[] = []
  #revision = 0
  #stopped = false

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.synced = promise
    this.#markSynced = resolve
  }

  get(key: Key): T | undefined {
    return this.#objects.get(key)
  }

  list(namespace?: string): T[] {
    const all = [...this.#objects.values()]
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
  }

  indexed(index: string, value: string): T[] {
    const found = this.#indexes.get(index)
    if (found === undefined) throw new Error(`informer has no index ${index}; call addIndex first`)
    return [...(found.byValue.get(value)?.values() ?? [])]
  }

  addIndex(index: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(index)) return
    const byValue: Index<T> = new Map()
    this.#indexes.set(index, { values, byValue })
    for (const [key, object] of this.#objects) insert(byValue, values(object), key, object)
  }

  onChange(handle: (change: Change<T>) => void): void {
    this.#handlers.push(handle)
    for (const object of this.#objects.values()) handle({ type: "added", object })
  }

  reached(resourceVersion: string): Promise<void> {
    const revision = Number(resourceVersion)
    if (this.#stopped || !(this.#revision < revision)) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    // Mostly the highest so far.
    const after = this.#awaited.findLastIndex((other) => other.revision <= revision)
    this.#awaited.splice(after + 1, 0, { revision, resolve })
    return promise
  }

  until(holds: () => boolean, key?: Key): Promise<void> {
    if (this.#stopped || holds()) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { holds, resolve }
    if (key === undefined) this.#waiters.add(waiter)
    else this.#waitersOfKey.set(key, (this.#waitersOfKey.get(key) ?? new Set()).add(waiter))
    return promise
  }

  /** Where a broken watch can resume: what was asked for, moved on to what the cache has seen. */
  revisionIfSynced(from: string | undefined): string | undefined {
    return from === undefined ? undefined : String(Math.max(Number(from), this.#revision))
  }

  replace(items: readonly T[], resourceVersion: string): void {
    const gone = new Map(this.#objects)
    for (const object of items) {
      gone.delete(keyOf(object))
      this.#put(object)
    }
    for (const object of gone.values()) this.#remove(object)
    this.#revision = Math.max(this.#revision, Number(resourceVersion))
    this.#markSynced()
    this.#wake(this.#waitersOfKey.keys())
  }

  apply(event: WatchEvent<T>): void {
    this.#revision = Math.max(this.#revision, Number(event.object.metadata.resourceVersion))
    if (event.type === "DELETED") this.#remove(event.object)
    else if (event.type !== "BOOKMARK") this.#put(event.object)
    this.#wake(event.type === "BOOKMARK" ? [] : [keyOf(event.object)])
  }

  stop(): void {
    this.#stopped = true
    for (const waiters of [this.#awaited, this.#waiters, ...this.#waitersOfKey.values()]) {
      for (const { resolve } of waiters) resolve()
    }
    this.#awaited.length = 0
    this.#waiters.clear()
    this.#waitersOfKey.clear()
  }

  #put(object: T): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(key, object)
    for (const { values, byValue } of this.#indexes.values()) {
      const now = values(object)
      if (previous !== undefined) withdraw(byValue, values(previous), key, now)
      insert(byValue, now, key, object)
    }
    if (previous === undefined) return this.#tell({ type: "added", object })
    if (previous.metadata.uid === object.metadata.uid) return this.#tell({ type: "updated", object, previous })
    this.#tell({ type: "deleted", object: previous })
    this.#tell({ type: "added", object })
  }

  #remove(object: T): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous === undefined) return
    this.#objects.delete(key)
    for (const { values, byValue } of this.#indexes.values()) withdraw(byValue, values(previous), key)
    this.#tell({ type: "deleted", object })
  }

  #tell(change: Change<T>): void {
    for (const handle of this.#handlers) handle(change)
  }

  /** Many may wait at a time, so each is only asked about what it waits for. */
  #wake(changed: Iterable<Key>): void {
    while ((this.#awaited[0]?.revision ?? Number.POSITIVE_INFINITY) <= this.#revision) this.#awaited.shift()?.resolve()
    wakeThoseOf(this.#waiters)
    for (const key of changed) {
      const waiters = this.#waitersOfKey.get(key)
      if (waiters === undefined) continue
      wakeThoseOf(waiters)
      if (waiters.size === 0) this.#waitersOfKey.delete(key)
    }
  }
}

interface Waiter {
  readonly holds: () => boolean
  readonly resolve: () => void
}

function wakeThoseOf(waiters: Set<Waiter>): void {
  for (const waiter of waiters) {
    if (!waiter.holds()) continue
    waiters.delete(waiter)
    waiter.resolve()
  }
}

type Index<T> = Map<string, Map<Key, T>>
function insert<T>(index: Index<T>, values: readonly string[], key: Key, object: T): void {
  for (const value of values) {
    const objects = index.get(value)
    if (objects === undefined) index.set(value, new Map([[key, object]]))
    else objects.set(key, object)
  }
}
/** `stays`: the values under which it will be put next. */
function withdraw<T>(index: Index<T>, values: readonly string[], key: Key, stays: readonly string[] = []): void {
  for (const value of values) {
    if (stays.includes(value)) continue
    const objects = index.get(value)
    objects?.delete(key)
    if (objects?.size === 0) index.delete(value)
  }
}
