import type { ObjectMeta } from "../../machinery/meta/object-meta.ts"
import { type JsonObject, setMember } from "../../machinery/patch/structure.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { Draft } from "../../machinery/schema/schema.ts"

export type DraftMeta = Draft<ObjectMeta>

/** An object of any kind on its way to the store: nobody else holds it, so it may be changed. */
export interface DraftObject {
  apiVersion: string
  kind: string
  metadata: DraftMeta
  [member: string]: unknown
}

/** A copy that may be changed. Maps keep their null prototype. */
export function toDraft(object: KubeObject | DraftObject): DraftObject {
  return clone(object) as DraftObject
}

function clone(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(clone)
  const prototype: unknown = Object.getPrototypeOf(value)
  // Anything but plain data (exact numbers) is immutable.
  if (prototype !== Object.prototype && prototype !== null) return value
  const copy: JsonObject = prototype === null ? Object.create(null) : {}
  for (const [name, member] of Object.entries(value)) setMember(copy, name, clone(member))
  return copy
}

/** The end of writing: from here on the object is shared and must not be changed. */
export function finished(draft: DraftObject): KubeObject {
  return draft as unknown as KubeObject
}

/** Makes a draft say what another one says. Whoever holds it sees the change. */
export function replaceDraft(draft: DraftObject, by: DraftObject): void {
  for (const member of Object.keys(draft)) delete draft[member]
  Object.assign(draft, by)
}
