import type { ServedEvent } from "../call.ts"
import { CachedObject } from "../watch-cache/cached-object.ts"
import { type Selection, selects, selectsAll } from "../watch-cache/selection.ts"
import type { Scope } from "./scope.ts"
import { inVersion } from "./versions.ts"

/**
 * A watch of stored objects as one of another version. What the selectors select is decided after conversion, since
 * labels and fields can differ. `selected`: the keys of what the client has already.
 */
export async function* watchInVersion(
  scope: Scope,
  events: AsyncIterable<ServedEvent>,
  selection: Selection,
  selected: Set<string>,
): AsyncGenerator<ServedEvent> {
  for await (const event of events) {
    const { served } = event
    if (!(served instanceof CachedObject) || event.type === "BOOKMARK") {
      yield inOwnName(scope, event)
      continue
    }
    const [object] = await inVersion(scope, [served])
    const type = object && typeFor(event.type, object, selection, selected)
    if (object !== undefined && type !== undefined) yield { type, served: object }
  }
}

/** What a change means to somebody who sees only what is selected; undefined: nothing. */
function typeFor(
  type: ServedEvent["type"],
  object: CachedObject,
  selection: Selection,
  selected: Set<string>,
): ServedEvent["type"] | undefined {
  if (selectsAll(selection)) return type
  const { key } = object
  const matches = type !== "DELETED" && selects(selection, object)
  const had = selected.has(key)
  if (matches) selected.add(key)
  else selected.delete(key)
  // Of an object that was there before the watch began, nobody knows whether the client has it.
  if (matches) return had || type === "MODIFIED" ? "MODIFIED" : "ADDED"
  return had || type !== "ADDED" ? "DELETED" : undefined
}

/** A bookmark is no object: only its metadata means anything. */
function inOwnName({ resource }: Scope, { type, served }: ServedEvent): ServedEvent {
  const object = { ...served.object, apiVersion: resource.apiVersion, kind: resource.kind }
  return { type, served: { object, json: () => Buffer.from(JSON.stringify(object)) } }
}
