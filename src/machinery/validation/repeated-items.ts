import { sortedKeys } from "../json/key-order.ts"
import { isObject } from "../patch/structure.ts"

/** The indexes of items that an earlier item equals; with `keys`, whose values under these keys an earlier one has. */
export function repeatedItems(items: readonly unknown[], keys: readonly string[] | undefined): readonly number[] {
  const seen = new Set<string>()
  const repeated: number[] = []
  for (const [index, item] of items.entries()) {
    const identity = keys !== undefined && isObject(item) ? keys.map((key) => item[key] ?? null) : item
    const text = canonicalText(identity)
    if (seen.has(text)) repeated.push(index)
    else seen.add(text)
  }
  return repeated
}

/** JSON in which the order of members does not show. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (isObject(inner) ? inOrder(inner) : inner)) ?? "null"
}

function inOrder(object: { readonly [member: string]: unknown }): unknown {
  const ordered = Object.create(null) as { [member: string]: unknown }
  for (const key of sortedKeys(object)) ordered[key] = object[key]
  return ordered
}
