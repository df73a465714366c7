import type { Pod } from "../../api/core/v1/pod.ts"

export const INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"

/** The number that an indexed job gave a pod; undefined when it has none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX_ANNOTATION]
  return text !== undefined && /^\+?\d+$/.test(text) ? Number(text) : undefined
}

/** The index of a pod when the job still has one so high. */
export function validIndexOf(pod: Pod, completions: number): number | undefined {
  const index = indexOf(pod)
  return index === undefined || index >= completions ? undefined : index
}

interface Range {
  readonly first: number
  readonly last: number
}

/** Indexes as ascending ranges with gaps between them, because a job may have millions. Immutable. */
export class IndexSet {
  static readonly empty = new IndexSet([])
  readonly ranges: readonly Range[]

  private constructor(ranges: readonly Range[]) {
    this.ranges = ranges
  }

  static of(indexes: Iterable<number>): IndexSet {
    return IndexSet.#join([...indexes].map((index) => ({ first: index, last: index })))
  }

  /** Reads `1,3-5`. Indexes from `completions` on are left out, and so is what cannot be read. */
  static parse(text: string, completions: number): IndexSet {
    const ranges = text.split(",").flatMap((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part)
      if (match === null) return []
      const first = Number(match[1])
      const last = Math.min(match[2] === undefined ? first : Number(match[2]), completions - 1)
      return first <= last ? [{ first, last }] : []
    })
    return IndexSet.#join(ranges)
  }

  static #join(ranges: readonly Range[]): IndexSet {
    const joined: Range[] = []
    for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
      const before = joined.at(-1)
      if (before === undefined || range.first > before.last + 1) joined.push(range)
      else joined[joined.length - 1] = { first: before.first, last: Math.max(before.last, range.last) }
    }
    return new IndexSet(joined)
  }

  union(other: IndexSet): IndexSet {
    return IndexSet.#join([...this.ranges, ...other.ranges])
  }

  get size(): number {
    return this.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  has(index: number): boolean {
    let [low, high] = [0, this.ranges.length]
    // Everything before `low` ends too early, and everything from `high` on does not.
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.ranges[middle]?.last ?? index) < index) low = middle + 1
      else high = middle
    }
    const range = this.ranges[low]
    return range !== undefined && range.first <= index
  }

  /** How many indexes are in both. */
  common(other: IndexSet): number {
    let count = 0
    for (const a of this.ranges) {
      for (const b of other.ranges) {
        count += Math.max(0, Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1)
      }
    }
    return count
  }

  /** The lowest `count` indexes below `completions` that are not in the set. */
  missing(count: number, completions: number): readonly number[] {
    const found: number[] = []
    let candidate = 0
    for (const { first, last } of [...this.ranges, { first: completions, last: completions }]) {
      for (; candidate < Math.min(first, completions) && found.length < count; candidate++) found.push(candidate)
      candidate = Math.max(candidate, last + 1)
    }
    return found
  }

  /** `1,3-5`: two neighbours stand for themselves, more are a range. */
  toString(): string {
    return this.ranges
      .map(({ first, last }) => (last === first ? `${first}` : `${first}${last === first + 1 ? "," : "-"}${last}`))
      .join(",")
  }
}
