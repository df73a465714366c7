import { type CelResult, CelUint, type CelValue } from "./value.ts"

/** A map from bool, int, uint or string keys. Values may be made only when they are asked for. */
export abstract class CelMap {
  abstract readonly size: number
  /** The value of the key; undefined when there is none. Numbers of all types that are equal find the same entry. */
  abstract find(key: CelValue): CelResult | undefined
  abstract keys(): Iterable<CelValue>
  /** Whether the key is there, without making its value. */
  abstract has(key: CelValue): boolean

  /** What `has(map.key)` answers. Other than `has` for maps that make up entries. */
  hasEntry(key: CelValue): boolean {
    return this.has(key)
  }

  /** Overrides how the map compares; undefined for entry by entry. */
  equalsMap(_other: CelMap): boolean | undefined {
    return undefined
  }
}

/** What entries are kept under: equal keys have the same. */
export type MapKey = string | boolean | bigint

/** Undefined for a value that can be no key. */
export function mapKey(value: CelValue): MapKey | undefined {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined
  if (value instanceof CelUint) return value.value
  return undefined
}

/** A map of values that are there. */
export class ValueMap extends CelMap {
  static readonly empty = new ValueMap(new Map())
  readonly #entries: ReadonlyMap<MapKey, readonly [key: CelValue, value: CelValue]>

  constructor(entries: ReadonlyMap<MapKey, readonly [key: CelValue, value: CelValue]>) {
    super()
    this.#entries = entries
  }

  /** From text to values. */
  static ofStrings(entries: Iterable<readonly [string, CelValue]>): ValueMap {
    return new ValueMap(new Map(Array.from(entries, (entry) => [entry[0], entry] as const)))
  }

  get size(): number {
    return this.#entries.size
  }

  find(key: CelValue): CelResult | undefined {
    const found = mapKey(key)
    return found === undefined ? undefined : this.#entries.get(found)?.[1]
  }

  has(key: CelValue): boolean {
    const found = mapKey(key)
    return found !== undefined && this.#entries.has(found)
  }

  *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key
  }
}
