import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"

/** Lists and maps that may not grow without limit. One that is too long is not looked into. */

type Validate<T> = (item: T, path: FieldPath) => Errors

export function validateSlice<T>(
  items: readonly T[] | undefined,
  countMax: number,
  path: FieldPath,
  validate: Validate<T>,
): Errors {
  if (items === undefined) return NONE
  if (items.length > countMax) return [field.tooMany(path, items.length, countMax)]
  return items.flatMap((item, index) => validate(item, path.index(index)))
}

/** As `validateSlice`, where no two items may have the same key. */
export function validateSet<T>(
  items: readonly T[] | undefined,
  countMax: number,
  path: FieldPath,
  keyOf: (item: T) => unknown,
  validate: Validate<T>,
): Errors {
  if (items === undefined || items.length > countMax) return validateSlice(items, countMax, path, validate)
  const seen = new Set<string>()
  const repeated = items.flatMap((item, index) => {
    const key = keyOf(item)
    const text = JSON.stringify(key)
    if (seen.has(text)) return [field.duplicate(path.index(index), key)]
    seen.add(text)
    return NONE
  })
  return [...validateSlice(items, countMax, path, validate), ...repeated]
}

/** Keys are reported at the map itself. */
export function validateMap<T>(
  map: Readonly<Record<string, T>> | undefined,
  countMax: number,
  path: FieldPath,
  validateKey: (key: string, path: FieldPath) => Errors,
  validate: Validate<T>,
): Errors {
  const entries = Object.entries(map ?? {})
  if (entries.length > countMax) return [field.tooMany(path, entries.length, countMax)]
  return entries.flatMap(([key, item]) => [...validateKey(key, path), ...validate(item, path.key(shortened(key)))])
}

const KEY_BYTES_SHOWN_MAX = 96

function shortened(key: string): string {
  if (byteLength(key) <= KEY_BYTES_SHOWN_MAX) return key
  const shown = KEY_BYTES_SHOWN_MAX - "...".length
  return `${key.slice(0, Math.floor((shown + 1) / 2))}...${key.slice(key.length - Math.floor(shown / 2))}`
}
