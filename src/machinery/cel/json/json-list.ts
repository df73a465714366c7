import { CelList } from "../list.ts"
import type { CelResult } from "../value.ts"
import { jsonToCel } from "./json-value.ts"
import { type ElementKey, elementKey, keyedListsEqual, mergeKeyed } from "./keyed-list.ts"
import type { JsonListShape } from "./shape.ts"

/** A JSON array. Those that are sets or maps compare and add up as such. */
export class JsonList extends CelList {
  readonly json: readonly unknown[]
  readonly #shape: JsonListShape
  readonly #key: ElementKey | undefined
  readonly #made: CelResult[] = []

  constructor(json: readonly unknown[], shape: JsonListShape) {
    super()
    this.json = json
    this.#shape = shape
    this.#key = elementKey(shape)
  }

  get size(): number {
    return this.json.length
  }

  at(index: number): CelResult {
    const known = this.#made[index]
    if (known !== undefined) return known
    const value = jsonToCel(this.json[index], this.#shape.items)
    this.#made[index] = value
    return value
  }

  override equalsList(other: CelList): boolean | undefined {
    return this.#key === undefined ? undefined : keyedListsEqual(this.#key, this, other)
  }

  override concat(other: CelList): CelList {
    return this.#key === undefined ? super.concat(other) : mergeKeyed(this.#key, this, other)
  }
}
