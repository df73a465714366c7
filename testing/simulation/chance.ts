import { createSeededRandom } from "../../src/platform/sim/random.ts"

/** The choices of one simulation. They come from a stream of their own, so that what the cluster draws changes none. */
export interface Chance {
  /** A whole number between both, which it may equal. */
  between(least: number, most: number): number
  /** True so often: 0 is never, 1 is always. */
  happens(share: number): boolean
  /** Undefined only when there is nothing to choose from. */
  pick<T>(from: readonly T[]): T | undefined
  /** One of several that are known to be there. */
  one<T>(...from: readonly [T, ...T[]]): T
  /** The more weight, the likelier. Undefined when nothing has any. */
  weighted<T>(from: readonly T[], weightOf: (each: T) => number): T | undefined
  /** Each with its share, in their order. */
  some<T>(from: readonly T[], share: number): T[]
}

/** Far from the seeds that clusters are started with. */
const STREAM = 2 ** 33

export function createChance(seed: number): Chance {
  const random = createSeededRandom(seed + STREAM)
  const pick = <T>(from: readonly T[]): T | undefined => from[random.int(Math.max(1, from.length))]
  const happens = (share: number) => random.float() < share
  return {
    happens,
    pick,
    between: (least, most) => least + random.int(most - least + 1),
    one: (...from) => pick(from) ?? from[0],
    some: (from, share) => from.filter(() => happens(share)),
    weighted(from, weightOf) {
      let left = random.float() * from.reduce((sum, each) => sum + weightOf(each), 0)
      return from.find((each) => (left -= weightOf(each)) < 0)
    },
  }
}
