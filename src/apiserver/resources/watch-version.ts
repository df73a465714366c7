import type { ServedEvent } from "../call.ts"
import { CachedObject } from "../watch-cache/cached-object.ts"
import { type Selection, selects, selectsAll } from "../watch-cache/selection.ts"
import type { Scope } from "./scope.ts"
import { inVersion } from "./versions.ts"

/**
 * A watch of all stored objects as one of another version. What the selection holds is decided after conversion, since
 * labels and fields can differ.
 */
export async function* watchInVersion(
  scope: Scope,
  events: AsyncIterable<ServedEvent>,
  selection: Selection,
): AsyncGenerator<ServedEvent> {
  for await (const event of events) {
    const seen = await seenInVersion(scope, event, selection)
    if (seen !== undefined) yield seen
  }
}

async function seenInVersion(scope: Scope, event: ServedEvent, selection: Selection): Promise<ServedEvent | undefined> {
  const { type, served, previous } = event
  if (!(served instanceof CachedObject)) return inOwnName(scope, event)
  const isChange = previous instanceof CachedObject && !selectsAll(selection)
  const [object, before] = await inVersion(scope, isChange ? [served, previous] : [served])
  if (object === undefined) return undefined
  const is = selects(selection, object)
  if (before === undefined) return is ? { type, served: object } : undefined
  const was = selects(selection, before)
  if (is) return { type: was ? "MODIFIED" : "ADDED", served: object }
  // The last state that was selected, at the revision at which it no longer was.
  return was ? { type: "DELETED", served: before.at(object.revision) } : undefined
}

/** A bookmark is no object: only its metadata means anything. */
function inOwnName({ resource }: Scope, { type, served }: ServedEvent): ServedEvent {
  const object = { ...served.object, apiVersion: resource.apiVersion, kind: resource.kind }
  return { type, served: { object, json: () => Buffer.from(JSON.stringify(object)) } }
}
