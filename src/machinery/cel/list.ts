import type { CelResult, CelValue } from "./value.ts"

/**
 * A list of values. Elements may be made only when they are asked for. An element is an error when what lies beneath
 * does not fit its type.
 */
export abstract class CelList {
  abstract readonly size: number
  /** `index` is within the list. */
  abstract at(index: number): CelResult

  /** This list and then the other; neither is copied by the base class' implementation. */
  concat(other: CelList): CelList {
    return new ConcatenatedList(this, other)
  }

  /** Overrides how the list compares, where order does not matter; undefined for element by element. */
  equalsList(_other: CelList): boolean | undefined {
    return undefined
  }

  *[Symbol.iterator](): IterableIterator<CelResult> {
    for (let i = 0; i < this.size; i++) yield this.at(i)
  }
}

/** A list of values that are there. The array must not change afterwards. */
export class ValueList extends CelList {
  static readonly empty = new ValueList([])
  readonly values: readonly CelValue[]

  constructor(values: readonly CelValue[]) {
    super()
    this.values = values
  }

  get size(): number {
    return this.values.length
  }

  at(index: number): CelResult {
    return this.values[index] as CelValue
  }
}

/** How often lists are added together is bounded by the length of the expression, and so is the depth of these. */
class ConcatenatedList extends CelList {
  readonly size: number
  readonly #first: CelList
  readonly #second: CelList

  constructor(first: CelList, second: CelList) {
    super()
    this.size = first.size + second.size
    this.#first = first
    this.#second = second
  }

  at(index: number): CelResult {
    return index < this.#first.size ? this.#first.at(index) : this.#second.at(index - this.#first.size)
  }
}
