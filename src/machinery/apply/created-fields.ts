import { decodeValue } from "../decode/decode.ts"
import { sortedKeys } from "../json/key-order.ts"
import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { isEmpty, listOf, objectOf } from "./compare.ts"
import type { FieldsV1 } from "./fields-v1.ts"
import {
  itemElement,
  type KeyedType,
  type MergeType,
  mergeTypeOf,
  resolve,
  type SetType,
  type StructType,
} from "./merge-type.ts"
import { compareElements, fieldElement, type PathElement } from "./path-element.ts"
import { resetFields } from "./reset-fields.ts"

/** Fields of the whole object and of its metadata that nobody comes to own; the same as in `NEVER_OWNED`. */
const NEVER_OWNED_MEMBERS: ReadonlySet<string> = new Set(["apiVersion", "kind"])
const NEVER_OWNED_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
])

/**
 * What the creator of an object owns, in its encoded form: what `compare` with the empty object, less the fields that
 * are reset or never owned, comes to, but in one walk, because every creation needs it. Undefined when that is nothing.
 * Throws `ItemError`.
 */
export function createdFields(struct: AnyStruct, object: object): FieldsV1 | undefined {
  const type = mergeTypeOf(struct)
  const before = emptyObject(struct)
  const reset = resetFields(struct, "")
  const after = object as JsonObject
  const fields: Record<string, unknown> = {}
  let empty = true
  for (const name of sortedKeys(after)) {
    const member = NEVER_OWNED_MEMBERS.has(name) ? undefined : memberOf(type, name)
    if (member === undefined) continue
    const inside =
      name === "metadata"
        ? metadataFields(member.type, before[name], after[name])
        : setIn(member.type, before[name], after[name])
    // What is reset was walked through nevertheless: what cannot be named there counts.
    if (inside === undefined || reset.hasMember(member.element)) continue
    fields[member.element] = inside
    empty = false
  }
  return empty ? undefined : fields
}

function metadataFields(type: MergeType, before: unknown, after: unknown): FieldsV1 | undefined {
  if (type.type !== "struct" || !isObject(after)) return undefined
  const fields: Record<string, unknown> = {}
  const isOwned = (name: string) => !NEVER_OWNED_METADATA.has(name)
  return addMembers(type, objectOf(before), after, fields, isOwned) ? fields : undefined
}

/** Undefined when nothing was set; empty for the field alone. */
function setIn(declared: MergeType, before: unknown, after: unknown): FieldsV1 | undefined {
  if (before === after || after === undefined) return undefined
  const type = resolve(declared, after)
  if (type.type === "leaf" || (isEmpty(before) && isEmpty(after))) {
    return before === undefined || !deepEqual(before, after) ? {} : undefined
  }
  const own = before === undefined
  const fields: Record<string, unknown> = own ? { ".": {} } : {}
  const inside =
    type.type === "set" || type.type === "keyed"
      ? addItems(type, listOf(after), fields)
      : addMembers(type, objectOf(before), objectOf(after), fields)
  if (inside) return fields
  return own ? {} : undefined
}

function addMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  before: JsonObject,
  after: JsonObject,
  fields: Record<string, unknown>,
  isOwned?: (name: string) => boolean,
): boolean {
  let some = false
  for (const name of sortedKeys(after)) {
    if (isOwned?.(name) === false) continue
    const member = type.type === "struct" ? memberOf(type, name) : { type: type.value, element: fieldElement(name) }
    if (member === undefined) continue
    const inside = setIn(member.type, Object.hasOwn(before, name) ? before[name] : undefined, after[name])
    if (inside === undefined) continue
    fields[member.element] = inside
    some = true
  }
  return some
}

/** The empty object has no items. */
function addItems(type: SetType | KeyedType, items: readonly unknown[], fields: Record<string, unknown>): boolean {
  const found = new Map<PathElement, FieldsV1>()
  for (const item of items) {
    const element = itemElement(type, item)
    // Items that cannot be told apart are owned as one.
    if (found.has(element)) found.set(element, {})
    else found.set(element, (type.type === "keyed" && setIn(type.item, undefined, item)) || {})
  }
  for (const [element, inside] of [...found].sort(([a], [b]) => compareElements(a, b))) fields[element] = inside
  return found.size > 0
}

interface KnownMember {
  readonly type: MergeType
  readonly element: PathElement
}

const members = new WeakMap<StructType, Map<string, KnownMember>>()

/** Undefined for a member that the schema does not know. */
function memberOf(struct: StructType, name: string): KnownMember | undefined {
  let known = members.get(struct)
  if (known === undefined) members.set(struct, (known = new Map()))
  const member = known.get(name)
  if (member !== undefined) return member
  const type = struct.member(name)
  if (type === undefined) return undefined
  const fresh = { type, element: fieldElement(name) }
  // Names from outside would fill the memory.
  if (struct.isEntry?.(name) !== true) known.set(name, fresh)
  return fresh
}

const emptyObjects = new WeakMap<AnyStruct, JsonObject>()

function emptyObject(struct: AnyStruct): JsonObject {
  let empty = emptyObjects.get(struct)
  if (empty === undefined) emptyObjects.set(struct, (empty = decodeValue(struct, {}) as JsonObject))
  return empty
}
