import type { KubeObject } from "../../machinery/schema/resource.ts"
import { internalError, requestEntityTooLarge } from "../../machinery/status/errors.ts"
import type { Compare, Entry } from "../../store/store.ts"
import { StoreFullError } from "../../store/store.ts"
import { CachedObject, toStoredBytes } from "../watch-cache/cached-object.ts"
import { type DraftObject, finished } from "./draft.ts"
import type { Scope } from "./scope.ts"
import { oneInVersion, storageOf, toStorage } from "./versions.ts"

/** The store's limit for one object, as etcd's. */
const OBJECT_BYTES_MAX = 3 * 512 * 1024

export type WriteOutcome =
  | { readonly stored: CachedObject }
  /** Somebody else was faster: what is stored now, undefined when nothing is. */
  | { readonly conflict: CachedObject | undefined }

/** Puts an object where `expected` (undefined: nothing) is stored. The draft must not be changed afterwards. */
export async function put(
  scope: Scope,
  key: string,
  draft: DraftObject,
  expected: CachedObject | undefined,
): Promise<WriteOutcome> {
  const { backend, resource } = scope
  const { feed, leases } = backend
  const storage = storageOf(scope)
  const object = storage === resource ? finished(draft) : await toStorage(scope, finished(draft))
  const json = toStoredBytes(storage, object)
  if (json.length > OBJECT_BYTES_MAX) {
    throw requestEntityTooLarge(`the object takes ${json.length} bytes; at most ${OBJECT_BYTES_MAX} can be stored`)
  }
  const value = feed.transformerOf(resource).toStorage(key, json)
  // What came in another version is read back from its bytes, for that fills in the defaults of the stored version.
  if (storage === resource) feed.announce(value, json, object)
  try {
    const ttl = resource.strategy.timeToLiveSeconds
    const lease = ttl === undefined ? {} : { leaseId: await leases.leaseFor(ttl) }
    const result = await transact(scope, key, comparison(key, expected), { type: "put", key, value, ...lease })
    if (!result.succeeded) return { conflict: await oneInVersion(scope, result.current) }
    const entry: Entry = { key, value, modRevision: result.revision, createRevision: 0, version: 0, leaseId: 0 }
    const stored = feed.objectOf(storage, entry)
    return { stored: storage === resource ? stored : ((await oneInVersion(scope, stored)) ?? stored) }
  } finally {
    feed.forget(value)
  }
}

/** Removes exactly the version `expected`. `stored` is its last state at the revision of the deletion. */
export async function remove(scope: Scope, key: string, expected: CachedObject): Promise<WriteOutcome> {
  const result = await transact(scope, key, comparison(key, expected), { type: "delete", key })
  if (result.succeeded) return { stored: expected.at(result.revision) }
  return { conflict: await oneInVersion(scope, result.current) }
}

function comparison(key: string, expected: CachedObject | undefined): Compare {
  return expected === undefined ? { key, absent: true } : { key, modRevision: expected.revision }
}

type Operation = Parameters<Scope["backend"]["store"]["txn"]>[0]["success"][number]

async function transact(scope: Scope, key: string, compare: Compare, operation: Operation) {
  const { store, feed } = scope.backend
  try {
    const result = await store.txn({ compare: [compare], success: [operation], failure: [key] })
    if (result.succeeded) {
      await feed.show(result.revision)
      return { succeeded: true, revision: result.revision } as const
    }
    const entry = result.entries[0]
    return { succeeded: false, current: entry && feed.objectOf(storageOf(scope), entry) } as const
  } catch (error) {
    if (error instanceof StoreFullError) throw internalError(error)
    throw error
  }
}

/** What a write would have stored, for dry runs: at the revision of what it is based on. */
export function unstored(scope: Scope, key: string, draft: DraftObject, old: CachedObject | undefined): CachedObject {
  const object: KubeObject = finished(draft)
  const json = toStoredBytes(scope.resource, object)
  if (old !== undefined) return new CachedObject(scope.resource, key, old.revision, json)
  const { resourceVersion: _resourceVersion, ...metadata } = object.metadata
  // Nothing was stored, so there is no version to name.
  const shown = { ...object, metadata } as KubeObject
  return new UnversionedObject(scope.resource, key, 0, json, shown)
}

class UnversionedObject extends CachedObject {
  override readonly json = (): Uint8Array => this.stored
}
