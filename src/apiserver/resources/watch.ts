import { expired } from "../../machinery/status/errors.ts"
import type { ApiResult, ServedEvent } from "../call.ts"
import { placeOf } from "../watch-cache/selection.ts"
import { CacheWatcher } from "../watch-cache/watcher.ts"
import { type ListOptions, listOptions } from "./list-options.ts"
import { parseVersion, reachVersion } from "./read.ts"
import { cacheOf, type Scope } from "./scope.ts"
import { watchInVersion } from "./watch-version.ts"

/** A watch without timeoutSeconds ends after this time, or up to twice as long, so that clients spread over servers. */
const WATCH_SECONDS_MIN = 1800

/** `GET` of a collection with `watch=true`. */
export async function handleWatch(scope: Scope): Promise<ApiResult> {
  const options = listOptions(scope, true)
  const { resourceVersion } = options
  const fromNow = resourceVersion === "" || resourceVersion === "0"
  // A watch from nowhere begins with everything there is, unless the client says otherwise.
  const initial = options.sendInitialEvents ?? fromNow
  let fromRevision: number | undefined
  if (initial || fromNow) await reachVersion(scope, resourceVersion)
  else fromRevision = parseVersion(resourceVersion)
  const { resource, backend } = scope
  if (backend.formOf(resource) === undefined) {
    return { type: "watch", resource, events: open(scope, options, initial, fromRevision) }
  }
  const { selection } = options
  const all = open(scope, { ...options, selection: placeOf(selection) }, initial, fromRevision)
  return { type: "watch", resource, events: watchInVersion(scope, all, selection) }
}

function open(scope: Scope, options: ListOptions, initial: boolean, from: number | undefined) {
  const { backend, call } = scope
  const { feed, platform } = backend
  const cache = cacheOf(scope)
  const fromRevision = from ?? feed.revision
  const { startRevision } = cache.log
  if (fromRevision < startRevision) return refused(fromRevision, startRevision)
  const seconds = options.timeoutSeconds || WATCH_SECONDS_MIN * (1 + platform.random.float())
  const timer = platform.clock.after(seconds * 1000, () => watcher.finish())
  const watcher: CacheWatcher = new CacheWatcher(cache, {
    selection: options.selection,
    fromRevision,
    initial: initial ? cache.list(options.selection) : [],
    endOfInitialEvents: initial && options.bookmarks,
    bookmarks: options.bookmarks,
    signal: call.signal,
    reached: () => feed.revision,
    onEnd: () => timer.cancel(),
  })
  return watcher
}

/** A stream that holds nothing but its error. */
function refused(revision: number, oldest: number): AsyncIterable<ServedEvent> {
  const next = () => Promise.reject(expired(`too old resource version: ${revision} (${oldest})`))
  return { [Symbol.asyncIterator]: () => ({ next }) }
}
