import { decodeValue } from "../decode/decode.ts"
import { sortedKeys } from "../json/key-order.ts"
import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { isEmpty, listOf, objectOf } from "./compare.ts"
import {
  itemElement,
  type KeyedType,
  type LeafType,
  type MapType,
  type MergeType,
  mergeTypeOf,
  resolve,
  type SetType,
  type StructType,
} from "./merge-type.ts"
import { compareElements, fieldElement, type PathElement } from "./path-element.ts"

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
 * What the creator of an object owns, as the text of its encoded form: what `compare` with the empty object, less the
 * fields that are reset or never owned, comes to, but in one walk, because every creation needs it. Undefined when that
 * is nothing. Throws `ItemError`.
 */
export function createdFields(
  struct: AnyStruct,
  object: object,
  resetMembers: ReadonlySet<string>,
): string | undefined {
  const before = emptyObject(struct)
  const after = object as JsonObject
  let fields = ""
  for (const member of membersOf(mergeTypeOf(struct), after)) {
    const { name } = member
    if (NEVER_OWNED_MEMBERS.has(name)) continue
    const value = ownOf(after, member)
    const inside =
      name === "metadata" ? metadataFields(member.type, before[name], value) : setIn(member.type, before[name], value)
    // What is reset was walked through nevertheless: what cannot be named there counts.
    if (inside === undefined || resetMembers.has(name)) continue
    fields = joined(fields, member.element, inside)
  }
  return fields === "" ? undefined : `{${fields}}`
}

function metadataFields(type: MergeType, before: unknown, after: unknown): string | undefined {
  if (type.type !== "struct" || !isObject(after)) return undefined
  const inside = structFields(type, objectOf(before), after, NEVER_OWNED_METADATA)
  return inside === "" ? undefined : `{${inside}}`
}

/** Undefined when nothing was set; empty for the field alone. */
function setIn(declared: MergeType, before: unknown, after: unknown): string | undefined {
  if (before === after || after === undefined) return undefined
  const type = resolve(declared, after)
  if (type.type === "leaf" || (isEmpty(before) && isEmpty(after))) {
    return before === undefined || !deepEqual(before, after) ? "{}" : undefined
  }
  const inside = fieldsInside(type, before, after)
  if (before !== undefined) return inside === "" ? undefined : `{${inside}}`
  return inside === "" ? "{}" : `{".":{},${inside}}`
}

function fieldsInside(type: Exclude<ReturnType<typeof resolve>, LeafType>, before: unknown, after: unknown): string {
  switch (type.type) {
    case "struct":
      return structFields(type, objectOf(before), objectOf(after))
    case "map":
      return mapFields(type, objectOf(before), objectOf(after))
    default:
      return itemFields(type, listOf(after))
  }
}

function structFields(
  type: StructType,
  before: JsonObject,
  after: JsonObject,
  neverOwned: ReadonlySet<string> = NOTHING,
): string {
  let fields = ""
  for (const member of membersOf(type, after)) {
    const value = ownOf(after, member)
    if (value === undefined || neverOwned.has(member.name)) continue
    const inside = setIn(member.type, ownOf(before, member), value)
    if (inside !== undefined) fields = joined(fields, member.element, inside)
  }
  return fields
}

function mapFields(type: MapType, before: JsonObject, after: JsonObject): string {
  let fields = ""
  for (const name of sortedKeys(after)) {
    const inside = setIn(type.value, Object.hasOwn(before, name) ? before[name] : undefined, after[name])
    if (inside !== undefined) fields = joined(fields, JSON.stringify(fieldElement(name)), inside)
  }
  return fields
}

/** The empty object has no items. */
function itemFields(type: SetType | KeyedType, items: readonly unknown[]): string {
  const found = new Map<PathElement, string>()
  for (const item of items) {
    const element = itemElement(type, item)
    // Items that cannot be told apart are owned as one.
    if (found.has(element)) found.set(element, "{}")
    else found.set(element, (type.type === "keyed" && setIn(type.item, undefined, item)) || "{}")
  }
  let fields = ""
  for (const element of inOrder([...found.keys()])) {
    fields = joined(fields, JSON.stringify(element), found.get(element) ?? "")
  }
  return fields
}

/** Most lists are in order, and seeing that is cheaper than sorting. */
function inOrder(elements: PathElement[]): readonly PathElement[] {
  for (let i = 1; i < elements.length; i++) {
    if (compareElements(elements[i - 1] ?? "", elements[i] ?? "") > 0) return elements.sort(compareElements)
  }
  return elements
}

const joined = (fields: string, element: string, inside: string): string =>
  `${fields}${fields === "" ? "" : ","}${element}:${inside}`

interface KnownMember {
  readonly name: string
  readonly type: MergeType
  /** Its step as JSON. */
  readonly element: string
  /** Every object has something of this name, which is not the member. */
  readonly isInherited: boolean
}

const NOTHING: ReadonlySet<string> = new Set()
const members = new WeakMap<StructType, readonly KnownMember[]>()

/** Those that `object` may have, in the order of their names. */
function membersOf(struct: StructType, object: JsonObject): readonly KnownMember[] {
  // Names from outside are not remembered: they would fill the memory.
  if (struct.names === undefined) return knownMembers(struct, sortedKeys(object))
  let known = members.get(struct)
  if (known === undefined) members.set(struct, (known = knownMembers(struct, struct.names)))
  return known
}

function knownMembers(struct: StructType, names: readonly string[]): readonly KnownMember[] {
  return names.flatMap((name) => {
    const type = struct.member(name)
    if (type === undefined) return []
    return [{ name, type, element: JSON.stringify(fieldElement(name)), isInherited: name in Object.prototype }]
  })
}

function ownOf(object: JsonObject, { name, isInherited }: KnownMember): unknown {
  return isInherited && !Object.hasOwn(object, name) ? undefined : object[name]
}

const emptyObjects = new WeakMap<AnyStruct, JsonObject>()

function emptyObject(struct: AnyStruct): JsonObject {
  let empty = emptyObjects.get(struct)
  if (empty === undefined) emptyObjects.set(struct, (empty = decodeValue(struct, {}) as JsonObject))
  return empty
}
