import type { AnyResource, ManifestOf, ObjectOf } from "../machinery/schema/resource.ts"
import type { WatchEvent } from "./transport.ts"

/**
 * A typed client of the Kubernetes API. Objects are immutable values: to change one, send a changed copy.
 * Every method throws `StatusError` (machinery/status); test with `isNotFound(e)`, `isConflict(e)`, and so on.
 */
export interface Client {
  /** The objects of one kind: `client.of(Pod).get({ namespace, name })`. */
  of<R extends AnyResource>(resource: R): ResourceClient<ObjectOf<R>, ManifestOf<R>>
  /** A request that no typed method covers: subresources such as `token`, `binding`, `eviction`, and review kinds. */
  raw: {
    get(path: string, query?: Readonly<Record<string, string>>): Promise<unknown>
    post(path: string, body: unknown): Promise<unknown>
    put(path: string, body: unknown): Promise<unknown>
  }
}

/** Where an object is. `namespace` is left out for kinds that have none. */
export interface ObjectKey {
  readonly namespace?: string
  readonly name: string
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
}
export interface WatchOptions extends ListOptions {
  readonly signal: AbortSignal
  readonly allowBookmarks?: boolean
}
export interface WriteOptions {
  /** Named in managedFields; default: the client's own name. */
  readonly fieldManager?: string
  readonly dryRun?: boolean
}
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan"
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}
export type PatchType = "merge" | "strategic" | "json" | "apply"
export interface PatchOptions extends WriteOptions {
  readonly type: PatchType
  readonly subresource?: string
  readonly force?: boolean
}

export interface ListResult<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface ResourceClient<T, M> {
  get(key: ObjectKey): Promise<T>
  list(options?: ListOptions): Promise<ListResult<T>>
  /** Starts after `resourceVersion`. Ends when the server closes it; throws an expired error when it is too old. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>
  create(manifest: M, options?: WriteOptions): Promise<T>
  /** Replaces the object. With a resourceVersion in it, fails with a conflict when the stored one differs. */
  update(object: M, options?: WriteOptions): Promise<T>
  updateStatus(object: M, options?: WriteOptions): Promise<T>
  patch(key: ObjectKey, body: unknown, options: PatchOptions): Promise<T>
  /** Resolves when deletion has begun: the object may still exist with a deletionTimestamp. */
  delete(key: ObjectKey, options?: DeleteOptions): Promise<void>
  deleteCollection(options: ListOptions, deletion?: DeleteOptions): Promise<void>
}
