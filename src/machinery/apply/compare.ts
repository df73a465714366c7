import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import { FieldSet } from "./field-set.ts"
import { itemElement, type KeyedType, type MergeType, resolve, type SetType } from "./merge-type.ts"
import { fieldElement, type PathElement } from "./path-element.ts"
import { Place } from "./place.ts"

/** How one object differs from another; no field stands in more than one of the sets. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function compare(type: MergeType, before: unknown, after: unknown): Comparison {
  const result: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  const place = Place.root<Comparison>(result)
  if (type.type === "struct") compareMembers(type, before, after, place, compareParts)
  else compareValues(type, before, after, place)
  return result
}

/** Parts of what is stored, which does not change, in which every item has a name. */
const checked = new WeakSet<object>()

/** Most changes leave all but one of spec, status and the rest of an object as it was, and equality is told faster. */
function compareParts(type: MergeType, before: unknown, after: unknown, place: Place<Comparison>): void {
  if (!deepEqual(before, after)) {
    compareValues(type, before, after, place)
  } else if (typeof before === "object" && before !== null && !checked.has(before)) {
    checkItems(type, before)
    checked.add(before)
  }
}

/** Throws the `ItemError` that a comparison of the value with an equal one would. */
function checkItems(declared: MergeType, value: unknown): void {
  const type = resolve(declared, value)
  if (type.type === "leaf" || isEmpty(value)) return
  if (type.type === "struct" || type.type === "map") {
    const object = objectOf(value)
    for (const name of Object.keys(object)) {
      const inner = type.type === "struct" ? type.member(name) : type.value
      if (inner !== undefined) checkItems(inner, object[name])
    }
    return
  }
  const elements = listOf(value).map((item) => itemElement(type, item))
  if (type.type === "set") return
  const counts = new Map<PathElement, number>()
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1)
  for (const [index, item] of listOf(value).entries()) {
    // Items that cannot be told apart are compared as one value.
    if (counts.get(elements[index] ?? "") === 1) checkItems(type.item, item)
  }
}

/** The part of a comparison that `fields` lets through. */
export function filtered({ added, modified, removed }: Comparison, fields: (set: FieldSet) => FieldSet): Comparison {
  return { added: fields(added), modified: fields(modified), removed: fields(removed) }
}

/** `undefined` is absent, which null is not. */
function compareValues(declared: MergeType, before: unknown, after: unknown, place: Place<Comparison>): void {
  if (before === after) return
  const type = resolve(declared, after ?? before)
  const other = resolve(declared, before ?? after)
  if (type !== other) {
    // What was an object is now a list, or a scalar: all that was inside is gone, and all that is inside now is new.
    place.insert("modified")
    if (other.type !== "leaf") compareInside(other, before, undefined, place)
    if (type.type !== "leaf") compareInside(type, undefined, after, place)
    return
  }
  if (type.type === "leaf" || (isEmpty(before) && isEmpty(after))) {
    compareLeaves(before, after, place)
    return
  }
  compareInside(type, before, after, place)
  if (before === undefined) place.insert("added")
  else if (after === undefined) place.insert("removed")
}

type Composite = Exclude<ReturnType<typeof resolve>, { readonly type: "leaf" }>

function compareInside(type: Composite, before: unknown, after: unknown, place: Place<Comparison>): void {
  if (type.type === "set" || type.type === "keyed") compareItems(type, listOf(before), listOf(after), place)
  else compareMembers(type, before, after, place)
}

function compareLeaves(before: unknown, after: unknown, place: Place<Comparison>): void {
  if (before === undefined) place.insert("added")
  else if (after === undefined) place.insert("removed")
  else if (!deepEqual(before, after)) place.insert("modified")
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})
const memberOf = (object: JsonObject, name: string) => (Object.hasOwn(object, name) ? object[name] : undefined)

function compareMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  before: unknown,
  after: unknown,
  place: Place<Comparison>,
  compareInner = compareValues,
): void {
  const [left, right] = [objectOf(before), objectOf(after)]
  const compareMember = (name: string, before: unknown, after: unknown) => {
    const inner = before === after ? undefined : type.type === "struct" ? type.member(name) : type.value
    if (inner !== undefined) compareInner(inner, before, after, place.below(fieldElement(name)))
  }
  for (const name of Object.keys(left)) compareMember(name, left[name], memberOf(right, name))
  for (const name of Object.keys(right)) if (!Object.hasOwn(left, name)) compareMember(name, undefined, right[name])
}

function compareItems(
  type: SetType | KeyedType,
  before: readonly unknown[],
  after: readonly unknown[],
  place: Place<Comparison>,
): void {
  const left = byElement(type, before)
  const right = byElement(type, after)
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    compareSameItems(type, left.get(element) ?? [], right.get(element) ?? [], place.below(element))
  }
}

function byElement(type: SetType | KeyedType, items: readonly unknown[]): ReadonlyMap<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>()
  for (const item of items) {
    const element = itemElement(type, item)
    const same = found.get(element)
    if (same === undefined) found.set(element, [item])
    else same.push(item)
  }
  return found
}

/** Items that have one name; several only in objects that were not applied. Those are compared as one value. */
function compareSameItems(
  type: SetType | KeyedType,
  before: readonly unknown[],
  after: readonly unknown[],
  place: Place<Comparison>,
): void {
  const item: MergeType = type.type === "keyed" ? type.item : { type: "leaf" }
  if (before.length <= 1 && after.length <= 1) compareValues(item, before[0], after[0], place)
  else if (before.length > 1 && after.length > 1) {
    if (!deepEqual(before, after)) place.insert("modified")
  } else if (before.length > 1) {
    if (after.length > 0) compareValues(item, undefined, after[0], place)
    place.insert("removed")
  } else {
    if (before.length > 0) compareValues(item, before[0], undefined, place)
    place.insert("added")
  }
}
