import { isError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import type { CelResult } from "../value.ts"
import { keyText } from "../values/access.ts"
import { valuesEqual } from "../values/equality.ts"
import { typeOf } from "../values/type-of.ts"
import type { JsonListShape } from "./shape.ts"

/** What an element is known by in a list of the type set or map. */
export type ElementKey = (element: CelResult) => string

/** Undefined for a list whose elements are known by their places. */
export function elementKey({ listType, mapKeys = [], items }: JsonListShape): ElementKey | undefined {
  if (listType === "set") return scalarKey
  if (listType !== "map") return undefined
  const fields = items.kind === "object" ? [...items.fields] : []
  const names = mapKeys.map((jsonName) => fields.find(([, field]) => field.jsonName === jsonName)?.[0] ?? jsonName)
  return (element) =>
    JSON.stringify(names.map((name) => (element instanceof CelMap ? scalarKey(element.find(name) ?? null) : "")))
}

function scalarKey(value: CelResult): string {
  return isError(value) ? value.message : `${typeOf(value).name}:${keyText(value)}`
}

export function keyedListsEqual(key: ElementKey, a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false
  const mine = byKey(key, a)
  return [...b].every((element) => {
    const same = mine.get(key(element))
    return same !== undefined && valuesEqual(same, element)
  })
}

/** The elements of both, each in its first place; those of the second list win. */
export function mergeKeyed(key: ElementKey, a: CelList, b: CelList): CelList {
  return new KeyedList([...byKey(key, [...a, ...b]).values()], key)
}

function byKey(key: ElementKey, elements: Iterable<CelResult>): Map<string, CelResult> {
  return new Map(Array.from(elements, (element) => [key(element), element] as const))
}

/** What comes of adding to a list of the type set or map, which is one again. */
class KeyedList extends CelList {
  readonly #elements: readonly CelResult[]
  readonly #key: ElementKey

  constructor(elements: readonly CelResult[], key: ElementKey) {
    super()
    this.#elements = elements
    this.#key = key
  }

  get size(): number {
    return this.#elements.length
  }

  at(index: number): CelResult {
    return this.#elements[index] as CelResult
  }

  override equalsList(other: CelList): boolean {
    return keyedListsEqual(this.#key, this, other)
  }

  override concat(other: CelList): CelList {
    return mergeKeyed(this.#key, this, other)
  }
}
