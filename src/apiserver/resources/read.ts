import { quote } from "../../machinery/field/quote.ts"
import { badRequest, expired, notFound, tooLargeResourceVersion } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import { CompactedError, type Entry, FutureRevisionError } from "../../store/store.ts"
import type { ApiResult, ListMetadata } from "../call.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { placeOf, type Selection, selects, selectsAll } from "../watch-cache/selection.ts"
import {
  ContinueExpiredError,
  type ContinuePosition,
  decodeContinue,
  encodeContinue,
  LIST_TOO_OLD,
} from "./continue-token.ts"
import { type ListOptions, listOptions } from "./list-options.ts"
import { cacheOf, groupResource, keyOf, type Scope } from "./scope.ts"
import { inVersion, oneInVersion, storageOf } from "./versions.ts"

/** `GET` of one object. */
export async function handleGet(scope: Scope): Promise<ApiResult> {
  await reachVersion(scope, scope.call.query.get("resourceVersion") ?? "")
  return { type: "object", code: 200, resource: scope.resource, served: await current(scope) }
}

/** The object as the cache has it. Throws a 404. */
export async function current(scope: Scope): Promise<CachedObject> {
  const object = await oneInVersion(scope, cacheOf(scope).get(keyOf(scope)))
  if (object === undefined) throw notFound(groupResource(scope.resource), scope.name)
  return object
}

/** Waits until the cache is as new as asked for: unset is everything acknowledged so far, 0 is whatever there is. */
export async function reachVersion({ backend }: Scope, resourceVersion: string): Promise<void> {
  if (resourceVersion === "") await backend.feed.consistent()
  else if (resourceVersion !== "0") await backend.feed.reach(parseVersion(resourceVersion))
}

/** Throws what Kubernetes answers to reads and watches: a 500 without a reason. */
export function parseVersion(text: string): number {
  if (VERSION.test(text)) return Number(text)
  throw new StatusError("", 500, versionProblem(text))
}

const VERSION = /^\d{1,15}$/
const versionProblem = (text: string) =>
  `resourceVersion: Invalid value: ${quote(text)}: strconv.ParseUint: parsing ${quote(text)}: invalid syntax`

/** `GET` of a collection. */
export async function handleList(scope: Scope): Promise<ApiResult> {
  const { items, metadata } = await list(scope, listOptions(scope, false))
  return { type: "list", resource: scope.resource, items, metadata }
}

interface Page {
  readonly items: readonly CachedObject[]
  readonly metadata: ListMetadata
}

/** One page, or everything, at one revision. */
export async function list(scope: Scope, options: ListOptions): Promise<Page> {
  const { resourceVersion, match, limit } = options
  if (resourceVersion !== "" && !VERSION.test(resourceVersion)) {
    throw badRequest(`invalid resource version: ${versionProblem(resourceVersion)}`)
  }
  if (options.continue !== "") {
    const position = decodeContinue(options.continue)
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue")
    }
    return nextPage(scope, options, position)
  }
  // Before there was a way to say it, a version together with a limit meant exactly that version.
  const isExact = match === "Exact" || (match === "" && limit > 0 && resourceVersion !== "" && resourceVersion !== "0")
  if (isExact) {
    return pageAt(scope, options, Number(resourceVersion), options.selection.prefix, () => expired(LIST_TOO_OLD))
  }
  await reachVersion(scope, resourceVersion)
  if (limit > 0) scope.backend.horizon.note(scope.backend.feed.revision)
  return cachedPage(scope, options)
}

async function cachedPage(scope: Scope, { selection, limit }: ListOptions, startKey?: string): Promise<Page> {
  const { revision } = scope.backend.feed
  return toPage(await listCached(scope, selection, startKey), revision, selection, limit)
}

/** What the cache holds now. */
export async function listCached(
  scope: Scope,
  selection: Selection,
  startKey?: string,
): Promise<readonly CachedObject[]> {
  if (scope.backend.formOf(scope.resource) === undefined) return cacheOf(scope).list(selection, startKey)
  // Other versions can have other labels and fields than what is stored.
  const all = await inVersion(scope, cacheOf(scope).list(placeOf(selection), startKey))
  return all.filter((object) => selects(selection, object))
}

/** `all`: what matches from the start of the page on, at least one more than the limit where there is more. */
function toPage(all: readonly CachedObject[], revision: number, selection: Selection, limit: number): Page {
  const resourceVersion = String(revision)
  if (limit <= 0 || all.length <= limit) return { items: all, metadata: { resourceVersion } }
  const items = all.slice(0, limit)
  const token = encodeContinue(selection.prefix, items.at(-1)?.key ?? "", revision)
  // With selectors nobody knows without looking at all of them; Kubernetes then does not say.
  const rest = selectsAll(selection) ? { remainingItemCount: all.length - limit } : {}
  return { items, metadata: { resourceVersion, continue: token, ...rest } }
}

async function nextPage(scope: Scope, options: ListOptions, { revision, start }: ContinuePosition): Promise<Page> {
  const startKey = `${options.selection.prefix}${start}`
  const { feed, horizon } = scope.backend
  horizon.note(feed.revision)
  if (revision !== -1 && horizon.isPast(revision)) throw new ContinueExpiredError(start)
  if (revision === -1) {
    await feed.consistent()
    return cachedPage(scope, options, startKey)
  }
  return pageAt(scope, options, revision, startKey, () => new ContinueExpiredError(start))
}

/** Reads the past from the store, unless the cache shows that nothing changed since. */
async function pageAt(
  scope: Scope,
  { selection, limit }: ListOptions,
  revision: number,
  startKey: string,
  tooOld: () => Error,
): Promise<Page> {
  const { feed } = scope.backend
  const cache = cacheOf(scope)
  if (feed.revision >= revision && cache.changedRevision <= revision && cache.log.startRevision <= revision) {
    return toPage(await listCached(scope, selection, startKey), revision, selection, limit)
  }
  try {
    return toPage(await readAt(scope, selection, revision, startKey), revision, selection, limit)
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld()
    if (error instanceof FutureRevisionError) {
      throw tooLargeResourceVersion(String(revision), String(error.currentRevision), 1)
    }
    throw error
  }
}

async function readAt(scope: Scope, selection: Selection, atRevision: number, startKey: string) {
  const { backend } = scope
  const range = { prefix: selection.prefix, startKey, atRevision }
  const { entries } = await backend.store.range(range)
  const storage = storageOf(scope)
  const toObject = (entry: Entry) => backend.feed.objectOf(storage, entry)
  return (await inVersion(scope, entries.map(toObject))).filter((object) => selects(selection, object))
}
