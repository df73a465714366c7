import { isObject } from "../patch/structure.ts"
import { FieldSet } from "./field-set.ts"
import { itemElement, type MergeType, resolve } from "./merge-type.ts"
import { fieldElement, type PathElement } from "./path-element.ts"
import { Place } from "./place.ts"

/** Every field that an object mentions. */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  const set = new FieldSet()
  visit(type, value, Place.root({ set }))
  return set
}

type Mentioned = Place<{ readonly set: FieldSet }>

function visit(declared: MergeType, value: unknown, place: Mentioned): void {
  const type = resolve(declared, value)
  switch (type.type) {
    case "leaf":
      place.insert("set")
      break
    case "struct":
    case "map":
      if (isObject(value)) visitMembers(type, value, place)
      break
    default:
      if (Array.isArray(value)) visitItems(type, value, place)
  }
}

function visitMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  value: { readonly [name: string]: unknown },
  place: Mentioned,
): void {
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member === undefined) continue
    const inner = type.type === "struct" ? type.member(name) : type.value
    const here = place.below(fieldElement(name))
    if (inner !== undefined) visit(inner, member, here)
    // Whoever writes an empty object owns the field, and so does whoever writes an entry of a map.
    const empty = member === null || (isObject(member) && Object.keys(member).length === 0)
    const entry = type.type === "map" || inner === undefined || type.isEntry?.(name)
    if (empty || entry) here.insert("set")
  }
}

function visitItems(
  type: MergeType & { readonly type: "set" | "keyed" },
  items: readonly unknown[],
  place: Mentioned,
): void {
  const elements = items.map((item) => itemElement(type, item))
  const counts = new Map<PathElement, number>()
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1)
  for (const [index, element] of elements.entries()) {
    const here = place.below(element)
    here.insert("set")
    // Items that cannot be told apart are owned as one.
    if (counts.get(element) === 1 && type.type === "keyed") visit(type.item, items[index], here)
  }
}
