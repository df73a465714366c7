import { compareKeys } from "../json/key-order.ts"
import { publishedDefault } from "../openapi/struct-schema.ts"
import { isObject } from "../patch/structure.ts"
import type { AnyStruct, FieldSchema, TypeSchema } from "../schema/schema.ts"
import { keyElement, type PathElement, valueElement } from "./path-element.ts"

/** What server-side apply sees in a schema: which values are owned as one, and how the items of lists are named. */
export type MergeType = LeafType | StructType | MapType | SetType | KeyedType | AnyType

/** A scalar, or a list or object that is owned as one. */
export interface LeafType {
  readonly type: "leaf"
}
export interface StructType {
  readonly type: "struct"
  /** Of all members, in the order of `fieldsV1`; absent when objects may have others too. */
  readonly names?: readonly string[]
  /** Undefined for a member that the schema does not know. */
  readonly member: (name: string) => MergeType | undefined
  /** Which members are like entries of a map although they have a type; absent: none. */
  readonly isEntry?: (name: string) => boolean
}
/** What the schema says nothing of: the value itself tells. */
export interface AnyType {
  readonly type: "any"
  readonly ofList: MergeType
  readonly ofObject: MergeType
}
export interface MapType {
  readonly type: "map"
  readonly value: MergeType
}
/** A list of scalars, each owned by itself. */
export interface SetType {
  readonly type: "set"
}
/** A list of objects that are told apart by some of their members. */
export interface KeyedType {
  readonly type: "keyed"
  readonly item: MergeType
  /** In ascending order of names, with the value that an item has that does not say. */
  readonly keys: readonly { readonly name: string; readonly standard: unknown }[]
  /** As the schema lists them, for messages. */
  readonly declaredKeys: readonly string[]
}

const LEAF: LeafType = { type: "leaf" }
const SET: SetType = { type: "set" }
const structs = new WeakMap<AnyStruct, StructType>()

/** The type of a value; one that is null or absent fits every type. */
export function resolve(type: MergeType, value: unknown): Exclude<MergeType, AnyType> {
  let resolved = type
  while (resolved.type === "any") {
    resolved = Array.isArray(value) ? resolved.ofList : isObject(value) ? resolved.ofObject : LEAF
  }
  return resolved
}

/** Compiled on first use. The object as a whole is never a leaf. */
export function mergeTypeOf(struct: AnyStruct): StructType {
  let type = struct.form?.mergeType ?? structs.get(struct)
  if (type === undefined) structs.set(struct, (type = compileStruct(struct)))
  return type
}

function compileStruct(struct: AnyStruct): StructType {
  const known = new Map<string, MergeType>()
  return {
    type: "struct",
    names: [...struct.members.keys()].sort(compareKeys),
    // Not compiled at once: a recursive struct would never end.
    member: (name) => {
      const field = struct.members.get(name)
      if (field === undefined) return undefined
      let type = known.get(name)
      if (type === undefined) known.set(name, (type = compileField(field)))
      return type
    },
  }
}

function compileField(field: FieldSchema): MergeType {
  const type = field.type()
  if (type.type === "list") return compileList(type.item, field)
  return compileType(type, field.mapType)
}

function compileType(type: TypeSchema, mapType?: "atomic" | "granular"): MergeType {
  switch (type.type) {
    case "struct":
      return (mapType ?? type.mapType) === "atomic" ? LEAF : mergeTypeOf(type)
    case "map":
      return mapType === "atomic" ? LEAF : { type: "map", value: compileType(type.value) }
    default:
      // Lists without a list type and free-form JSON are atomic.
      return LEAF
  }
}

function compileList(item: TypeSchema, { listType, mapKeys = [] }: FieldSchema): MergeType {
  if (listType === "set") return SET
  if (listType !== "map" || item.type !== "struct") return LEAF
  const keys = mapKeys.toSorted().map((name) => {
    const field = item.members.get(name)
    return { name, standard: field === undefined ? undefined : publishedDefault(field) }
  })
  return { type: "keyed", item: mergeTypeOf(item), keys, declaredKeys: mapKeys }
}

/** An item of a list cannot be named. The message is Kubernetes'. */
export class ItemError extends Error {}

/** The name of an item in its list. Throws `ItemError`. */
export function itemElement(type: SetType | KeyedType, item: unknown): PathElement {
  return type.type === "set" ? setElement(item) : keyedElement(type, item)
}

function setElement(item: unknown): PathElement {
  if (item === null) throw new ItemError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new ItemError("not supported: associative list with lists as elements")
  if (isObject(item)) throw new ItemError("associative list without keys has an element that's a map type")
  return valueElement(item)
}

function keyedElement(type: KeyedType, item: unknown): PathElement {
  if (item === null) throw new ItemError("associative list with keys may not have a null element")
  if (!isObject(item)) throw new ItemError("associative list with keys may not have non-map elements")
  const found: (readonly [string, unknown])[] = []
  for (const { name, standard } of type.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : standard
    if (value !== undefined) found.push([name, value])
  }
  if (found.length > 0) return keyElement(found)
  const names = type.declaredKeys.map((name) => JSON.stringify(name)).join(" ")
  throw new ItemError(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  )
}
