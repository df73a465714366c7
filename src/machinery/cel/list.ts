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

/** Deeper than this a chain of concatenations is copied, so that reading does not recurse without bound. */
const DEPTH_MAX = 64

class ConcatenatedList extends CelList {
  readonly size: number
  readonly #first: CelList
  readonly #second: CelList
  readonly #depth: number

  constructor(first: CelList, second: CelList) {
    super()
    this.size = first.size + second.size
    const depth = 1 + Math.max(depthOf(first), depthOf(second))
    const flatten = depth > DEPTH_MAX
    this.#first = flatten ? copy(first) : first
    this.#second = flatten ? copy(second) : second
    this.#depth = flatten ? 1 : depth
  }

  get depth(): number {
    return this.#depth
  }

  at(index: number): CelResult {
    return index < this.#first.size ? this.#first.at(index) : this.#second.at(index - this.#first.size)
  }
}

function depthOf(list: CelList): number {
  return list instanceof ConcatenatedList ? list.depth : 0
}

class ResultList extends CelList {
  readonly #values: readonly CelResult[]

  constructor(values: readonly CelResult[]) {
    super()
    this.#values = values
  }

  get size(): number {
    return this.#values.length
  }

  at(index: number): CelResult {
    return this.#values[index] as CelResult
  }
}

function copy(list: CelList): CelList {
  return list instanceof ConcatenatedList ? new ResultList([...list]) : list
}
