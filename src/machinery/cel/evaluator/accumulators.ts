import { CelError } from "../error.ts"
import { CelList, ValueList } from "../list.ts"
import { CelMap, type MapKey, mapKey, ValueMap } from "../map.ts"
import type { CelResult, CelValue } from "../value.ts"
import { keyText } from "../values/access.ts"

/**
 * The list that a macro collects into. It grows in place, which nobody can see: only the macro's own steps know it, and
 * it is replaced by a value at the end.
 */
export class GrowingList extends CelList {
  readonly #values: CelValue[] = []

  get size(): number {
    return this.#values.length
  }

  at(index: number): CelResult {
    return this.#values[index] as CelValue
  }

  override concat(other: CelList): CelList {
    for (let i = 0; i < other.size; i++) this.#values.push(other.at(i) as CelValue)
    return this
  }

  finish(): CelList {
    return new ValueList(this.#values)
  }
}

/** The map that a macro collects into. */
export class GrowingMap extends CelMap {
  readonly #entries = new Map<MapKey, readonly [CelValue, CelValue]>()

  get size(): number {
    return this.#entries.size
  }

  find(key: CelValue): CelResult | undefined {
    const found = mapKey(key)
    return found === undefined ? undefined : this.#entries.get(found)?.[1]
  }

  has(key: CelValue): boolean {
    return this.find(key) !== undefined
  }

  *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key
  }

  insert(key: CelValue, value: CelValue): CelResult {
    const found = mapKey(key)
    if (found === undefined) return new CelError("unsupported key type")
    if (this.#entries.has(found)) return new CelError(`insert failed: key ${keyText(key)} already exists`)
    this.#entries.set(found, [key, value])
    return this
  }

  finish(): CelMap {
    return new ValueMap(this.#entries)
  }
}
