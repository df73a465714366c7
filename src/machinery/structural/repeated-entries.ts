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
      for (const index of repeated(value.map(itemText))) errors.push(field.duplicate(path.index(index), value[index]))
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
    if (value.length <= 1) return
    const texts = value.map((item) => keyText(item, listMapKeys))
    for (const index of repeated(texts))
      errors.push(field.duplicate(path.index(index), keysOf(value[index], listMapKeys)))
  }
}

/** Tells items with different keys apart. Runs for every item on every write. */
function keyText(item: unknown, names: readonly string[]): string {
  const values: unknown[] = []
  for (const name of names) {
    const value = isObject(item) && Object.hasOwn(item, name) ? item[name] : undefined
    // A key that is absent differs from one that is null.
    values.push(value === undefined ? ABSENT : typeof value === "object" ? { text: canonicalText(value) } : value)
  }
  return JSON.stringify(values)
}

const ABSENT = [] as const

function keysOf(item: unknown, names: readonly string[]): JsonObject {
  const keys = Object.create(null) as JsonObject
  if (isObject(item)) for (const name of names) if (Object.hasOwn(item, name)) keys[name] = item[name]
  return keys
}

const itemText = (item: unknown) => (typeof item === "object" ? canonicalText(item) : JSON.stringify(item))

/** The second of each kind; those after it are not reported. */
function repeated(texts: readonly string[]): readonly number[] {
  const first = new Set<string>()
  const again = new Set<string>()
  const found: number[] = []
  for (const [index, text] of texts.entries()) {
    if (!first.has(text)) first.add(text)
    else if (!again.has(text)) {
      again.add(text)
      found.push(index)
    }
  }
  return found
}
