import type { AnyResource } from "../../machinery/schema/resource.ts"
import { CachedObject } from "./cached-object.ts"
import { CacheEvent, EventLog } from "./event-log.ts"
import { Lane } from "./lane.ts"
import { type Selection, selects } from "./selection.ts"
import { SortedMap } from "./sorted-map.ts"
import type { CacheWatcher } from "./watcher.ts"

/** Changes of one resource that are kept for watchers which come late or fall behind. */
export const EVENTS_KEPT = 8192

/**
 * The current objects of one resource and its newest changes. It is a passive value: the feed applies changes to it,
 * requests read from it. Everything it hands out is shared and must not be changed.
 */
export class WatchCache {
  readonly resource: AnyResource
  readonly log: EventLog
  readonly #objects = new SortedMap<CachedObject>()
  /** By field, then by value of the field. */
  readonly #indexes: ReadonlyMap<string, Map<string, Set<string>>>
  readonly #watchers = new Set<CacheWatcher>()
  /** Watchers that only look at one value of an indexed field, such as kubelets at the pods of their node. */
  readonly #lanes: ReadonlyMap<string, Map<string, Lane>>
  /** The revision of the last change of this resource. */
  #changedRevision = 0

  constructor(resource: AnyResource, indexedFields: readonly string[] = [], eventsKept = EVENTS_KEPT) {
    this.resource = resource
    this.log = new EventLog(eventsKept)
    this.#indexes = new Map(indexedFields.map((field) => [field, new Map()]))
    this.#lanes = new Map(indexedFields.map((field) => [field, new Map()]))
  }

  get size(): number {
    return this.#objects.size
  }

  get watcherCount(): number {
    let count = this.#watchers.size
    for (const byValue of this.#lanes.values()) for (const { watchers } of byValue.values()) count += watchers.size
    return count
  }

  get changedRevision(): number {
    return this.#changedRevision
  }

  /** Replaces everything. Watchers from before end with an expired error. */
  load(objects: readonly CachedObject[], revision: number): void {
    this.#objects.clear()
    for (const byValue of this.#indexes.values()) byValue.clear()
    for (const object of objects) {
      this.#objects.set(object.key, object)
      this.#index(undefined, object)
    }
    this.log.reset(revision)
    for (const byValue of this.#lanes.values()) for (const lane of byValue.values()) lane.restart(this.log.end)
    this.#changedRevision = revision
    this.wakeAll()
  }

  /** Applies one change: `current` undefined deletes. */
  apply(key: string, revision: number, current: CachedObject | undefined): void {
    const previous = this.#objects.get(key)
    if (current === undefined && previous === undefined) return
    if (current === undefined) this.#objects.delete(key)
    else this.#objects.set(key, current)
    this.#index(previous, current)
    this.#changedRevision = revision
    const event = new CacheEvent(revision, current, previous)
    this.log.push(event)
    this.#publish(event)
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  /** The objects that match, in order of keys, from `startKey` on. */
  list(selection: Selection, startKey?: string): readonly CachedObject[] {
    const candidates = this.#candidates(selection, startKey)
    const { labels, fields, key } = selection
    if (labels === undefined && fields === undefined && key === undefined) return candidates
    return candidates.filter((object) => selects(selection, object))
  }

  /** The lane that it has to look at; undefined: everything is its concern. */
  add(watcher: CacheWatcher): Lane | undefined {
    const indexed = this.#indexedTerm(watcher.selection)
    const byValue = indexed && this.#lanes.get(indexed.field)
    if (indexed === undefined || byValue === undefined) {
      this.#watchers.add(watcher)
      return undefined
    }
    let lane = byValue.get(indexed.value)
    if (lane === undefined) byValue.set(indexed.value, (lane = new Lane(this.log.end)))
    lane.watchers.add(watcher)
    return lane
  }

  remove(watcher: CacheWatcher): void {
    this.#watchers.delete(watcher)
    const indexed = this.#indexedTerm(watcher.selection)
    const byValue = indexed && this.#lanes.get(indexed.field)
    const lane = indexed && byValue?.get(indexed.value)
    lane?.watchers.delete(watcher)
    if (lane?.watchers.size === 0) byValue?.delete(indexed?.value ?? "")
  }

  /** Lets every watcher look again. */
  wakeAll(): void {
    this.#forEachWatcher((watcher) => watcher.wake())
  }

  requestBookmarks(): void {
    this.#forEachWatcher((watcher) => watcher.requestBookmark())
  }

  /** Ends every watch after what it has still to deliver. */
  finishAll(): void {
    this.#forEachWatcher((watcher) => watcher.finish())
  }

  #forEachWatcher(visit: (watcher: CacheWatcher) => void): void {
    // A visit may end the watcher, which takes it out of its set.
    const all = [...this.#watchers]
    for (const byValue of this.#lanes.values()) for (const { watchers } of byValue.values()) all.push(...watchers)
    all.forEach(visit)
  }

  #publish(event: CacheEvent): void {
    for (const watcher of this.#watchers) watcher.offer(event)
    const { end, start } = this.log
    for (const [field, byValue] of this.#lanes) {
      if (byValue.size === 0) continue
      const values = new Set([event.previous?.field(field), event.current?.field(field)])
      for (const value of values) {
        const lane = value === undefined ? undefined : byValue.get(value)
        lane?.note(end - 1, start)
        for (const watcher of lane?.watchers ?? []) watcher.offer(event)
      }
    }
  }

  #candidates(selection: Selection, startKey: string | undefined): CachedObject[] {
    const { key, prefix } = selection
    const from = startKey ?? prefix
    if (key !== undefined) {
      const object = key >= from ? this.#objects.get(key) : undefined
      return object === undefined ? [] : [object]
    }
    const indexed = this.#indexedTerm(selection)
    if (indexed === undefined) return this.#objects.values(prefix, from)
    const keys = this.#indexes.get(indexed.field)?.get(indexed.value) ?? new Set<string>()
    return [...keys]
      .filter((candidate) => candidate >= from)
      .sort((a, b) => (a < b ? -1 : 1))
      .flatMap((candidate) => this.#objects.get(candidate) ?? [])
  }

  #indexedTerm(selection: Selection) {
    return selection.fields?.terms.find((term) => !term.negated && this.#indexes.has(term.field))
  }

  #index(previous: CachedObject | undefined, current: CachedObject | undefined): void {
    for (const [field, byValue] of this.#indexes) {
      const before = previous?.field(field)
      const after = current?.field(field)
      if (before === after) continue
      if (previous !== undefined && before !== undefined) {
        const keys = byValue.get(before)
        keys?.delete(previous.key)
        if (keys?.size === 0) byValue.delete(before)
      }
      if (current !== undefined && after !== undefined) {
        const keys = byValue.get(after)
        if (keys === undefined) byValue.set(after, new Set([current.key]))
        else keys.add(current.key)
      }
    }
  }
}
