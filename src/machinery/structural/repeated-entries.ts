import * as field from "../field/error.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"
import { canonicalText } from "../validation/repeated-items.ts"
import type { StructuralSchema } from "./structural-schema.ts"
import type { PlaceRule } from "./walk.ts"

/** Lists of type `set` have no item twice, those of type `map` no two with the same keys. */
export function uniquenessRule({ listType, listMapKeys }: StructuralSchema): PlaceRule | undefined {
  if (listType === "set") {
    return (value, path, errors) => {
      if (!Array.isArray(value)) return
      for (const index of repeated(value)) errors.push(field.duplicate(path.index(index), value[index]))
    }
  }
  if (listType !== "map") return undefined
  return (value, path, errors) => {
    if (!Array.isArray(value)) return
    const stranger = value.findIndex((item) => item !== null && !isObject(item))
    if (stranger >= 0) {
      const why = "must be an object for an array of list-type map"
      errors.push(field.invalid(path.index(stranger), value[stranger], why))
      return
    }
    const keys = value.map((item) => keysOf(item, listMapKeys))
    for (const index of repeated(keys)) errors.push(field.duplicate(path.index(index), keys[index]))
  }
}

function keysOf(item: unknown, names: readonly string[]): JsonObject {
  const keys = Object.create(null) as JsonObject
  if (isObject(item)) for (const name of names) if (Object.hasOwn(item, name)) keys[name] = item[name]
  return keys
}

/** The second of each kind; those after it are not reported. */
function repeated(items: readonly unknown[]): readonly number[] {
  if (items.length <= 1) return []
  const counts = new Map<string, number>()
  const found: number[] = []
  for (const [index, item] of items.entries()) {
    const text = canonicalText(item)
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    if (count === 2) found.push(index)
  }
  return found
}
