import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import { type FieldPathElements, FieldSet } from "./field-set.ts"
import { itemElement, type KeyedType, type MergeType, type SetType } from "./merge-type.ts"
import { fieldElement, type PathElement } from "./path-element.ts"

/** How one object differs from another; no field stands in more than one of the sets. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function compare(type: MergeType, before: unknown, after: unknown): Comparison {
  const result = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compareValues(type, before, after, [], result)
  return result
}

/** Without some fields and all that is inside them. */
export function withoutFields({ added, modified, removed }: Comparison, fields: FieldSet): Comparison {
  return {
    added: added.recursiveDifference(fields),
    modified: modified.recursiveDifference(fields),
    removed: removed.recursiveDifference(fields),
  }
}

/** `undefined` is absent, which null is not. */
function compareValues(
  type: MergeType,
  before: unknown,
  after: unknown,
  path: FieldPathElements,
  result: Comparison,
): void {
  if (before === after) return
  if (type.type === "leaf" || (isEmpty(before) && isEmpty(after))) {
    compareLeaves(before, after, path, result)
    return
  }
  if (type.type === "set" || type.type === "keyed") compareItems(type, listOf(before), listOf(after), path, result)
  else compareMembers(type, before, after, path, result)
  if (before === undefined) result.added.insert(path)
  else if (after === undefined) result.removed.insert(path)
}

function compareLeaves(before: unknown, after: unknown, path: FieldPathElements, result: Comparison): void {
  if (before === undefined) result.added.insert(path)
  else if (after === undefined) result.removed.insert(path)
  else if (!deepEqual(before, after)) result.modified.insert(path)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})
const memberOf = (object: JsonObject, name: string) => (Object.hasOwn(object, name) ? object[name] : undefined)

function compareMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  before: unknown,
  after: unknown,
  path: FieldPathElements,
  result: Comparison,
): void {
  const [left, right] = [objectOf(before), objectOf(after)]
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inner = type.type === "struct" ? type.member(name) : type.value
    if (inner === undefined) continue
    compareValues(inner, memberOf(left, name), memberOf(right, name), [...path, fieldElement(name)], result)
  }
}

function compareItems(
  type: SetType | KeyedType,
  before: readonly unknown[],
  after: readonly unknown[],
  path: FieldPathElements,
  result: Comparison,
): void {
  const left = byElement(type, before)
  const right = byElement(type, after)
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    compareSameItems(type, left.get(element) ?? [], right.get(element) ?? [], [...path, element], result)
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
  path: FieldPathElements,
  result: Comparison,
): void {
  const item: MergeType = type.type === "keyed" ? type.item : { type: "leaf" }
  if (before.length <= 1 && after.length <= 1) compareValues(item, before[0], after[0], path, result)
  else if (before.length > 1 && after.length > 1) {
    if (!deepEqual(before, after)) result.modified.insert(path)
  } else if (before.length > 1) {
    if (after.length > 0) compareValues(item, undefined, after[0], path, result)
    result.removed.insert(path)
  } else {
    if (before.length > 0) compareValues(item, before[0], undefined, path, result)
    result.added.insert(path)
  }
}
