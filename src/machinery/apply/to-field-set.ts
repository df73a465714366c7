import { isObject } from "../patch/structure.ts"
import { type FieldPathElements, FieldSet } from "./field-set.ts"
import { itemElement, type MergeType } from "./merge-type.ts"
import { fieldElement, type PathElement } from "./path-element.ts"

/** Every field that an object mentions. */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  const set = new FieldSet()
  visit(type, value, [], set)
  return set
}

function visit(type: MergeType, value: unknown, path: FieldPathElements, set: FieldSet): void {
  switch (type.type) {
    case "leaf":
      set.insert(path)
      break
    case "struct":
    case "map":
      if (isObject(value)) visitMembers(type, value, path, set)
      break
    default:
      if (Array.isArray(value)) visitItems(type, value, path, set)
  }
}

function visitMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  value: { readonly [name: string]: unknown },
  path: FieldPathElements,
  set: FieldSet,
): void {
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member === undefined) continue
    const inner = type.type === "struct" ? type.member(name) : type.value
    const here = [...path, fieldElement(name)]
    if (inner !== undefined) visit(inner, member, here, set)
    // Whoever writes an empty object owns the field, and so does whoever writes an entry of a map.
    const empty = member === null || (isObject(member) && Object.keys(member).length === 0)
    if (empty || inner === undefined || type.type === "map") set.insert(here)
  }
}

function visitItems(
  type: MergeType & { readonly type: "set" | "keyed" },
  items: readonly unknown[],
  path: FieldPathElements,
  set: FieldSet,
): void {
  const elements = items.map((item) => itemElement(type, item))
  const counts = new Map<PathElement, number>()
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1)
  for (const [index, element] of elements.entries()) {
    const here = [...path, element]
    set.insert(here)
    // Items that cannot be told apart are owned as one.
    if (counts.get(element) === 1 && type.type === "keyed") visit(type.item, items[index], here, set)
  }
}
