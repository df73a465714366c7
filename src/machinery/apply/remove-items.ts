import { emptyLike, isObject, type JsonObject, setMember } from "../patch/structure.ts"
import type { FieldSet } from "./field-set.ts"
import { itemElement, type KeyedType, type MergeType, resolve, type SetType } from "./merge-type.ts"
import { fieldElement } from "./path-element.ts"

/** The value without the members of a field set. What contained only them stays, empty. */
export function removeItems(declared: MergeType, value: unknown, gone: FieldSet): unknown {
  if (gone.isEmpty) return value
  const type = resolve(declared, value)
  switch (type.type) {
    case "leaf":
      return value
    case "struct":
    case "map":
      return isObject(value) ? removeMembers(type, value, gone) : value
    default:
      return Array.isArray(value) ? removeListItems(type, value, gone) : value
  }
}

function removeMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  value: JsonObject,
  gone: FieldSet,
): JsonObject {
  const result = emptyLike(value)
  for (const name of Object.keys(value)) {
    const element = fieldElement(name)
    if (gone.hasMember(element)) continue
    const inner = (type.type === "struct" ? type.member(name) : type.value) ?? { type: "leaf" }
    setMember(result, name, removeItems(inner, value[name], gone.below(element)))
  }
  return result
}

function removeListItems(type: SetType | KeyedType, items: readonly unknown[], gone: FieldSet): unknown[] {
  const result: unknown[] = []
  for (const item of items) {
    const element = itemElement(type, item)
    if (gone.hasMember(element)) continue
    result.push(type.type === "keyed" ? removeItems(type.item, item, gone.below(element)) : item)
  }
  return result
}
