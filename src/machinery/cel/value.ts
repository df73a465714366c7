import { CelError, noSuchOverload } from "./error.ts"
import type { CelList } from "./list.ts"
import type { CelMap } from "./map.ts"
import { type CelType, durationType, optionalType, timestampType, uintType } from "./types.ts"

/**
 * A value of the Common Expression Language. `int` is a bigint within 64 bits, `double` a number, `string` text without
 * lone surrogates, `bytes` a Uint8Array, a type a CelType. Immutable, all of them.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelType
  | CelOptional
  | CelObject

/** What a step of an evaluation gives: a value, or why there is none. */
export type CelResult = CelValue | CelError

export const INT_MIN = -(2n ** 63n)
export const INT_MAX = 2n ** 63n - 1n
export const UINT_MAX = 2n ** 64n - 1n

/** An unsigned integer of 64 bits. */
export class CelUint {
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }

  get type(): CelType {
    return uintType
  }
}

/** A moment between the years 1 and 9999, to the nanosecond. */
export class CelTimestamp {
  /** Since the Unix epoch, rounded down. */
  readonly seconds: number
  /** 0 to 999,999,999, also before the epoch. */
  readonly nanos: number

  constructor(seconds: number, nanos: number) {
    this.seconds = seconds
    this.nanos = nanos
  }

  get type(): CelType {
    return timestampType
  }
}

/** A length of time in nanoseconds, which fit into 64 bits (about 292 years). */
export class CelDuration {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }

  get type(): CelType {
    return durationType
  }
}

/** A value that may be absent: `a.?b`, `optional.of(x)`, `optional.none()`. */
export class CelOptional {
  static readonly none: CelOptional = new CelOptional(undefined)
  readonly value: CelValue | undefined

  constructor(value: CelValue | undefined) {
    this.value = value
  }

  get type(): CelType {
    return optionalType
  }
}

/**
 * A value of a type beyond CEL's own: an object with fields, or one that only functions look into (a quantity, a URL).
 * Libraries derive from it; what they leave out answers `no such overload`.
 */
export abstract class CelObject {
  abstract readonly type: CelType
  abstract equals(other: CelValue): boolean

  /** The field's value; an error when there is no such field. */
  field(_name: string): CelResult {
    return noSuchOverload()
  }

  /** What `has(object.name)` answers. */
  hasField(_name: string): boolean | CelError {
    return noSuchOverload()
  }

  /** As plain JSON data. Throws when there is no such form, which is the default. */
  toJson(): unknown {
    throw new TypeError(`${this.type.name} has no JSON form`)
  }

  /** Whether it is its type's empty value, for `optional.ofNonZeroValue`. */
  isZero(): boolean {
    return false
  }
}
