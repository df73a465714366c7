import type { CallEstimate, CostNode, SizeEstimate } from "./cost/estimate.ts"
import type { Macro } from "./parser/macro.ts"
import type { CelType } from "./types.ts"
import type { CelResult, CelValue } from "./value.ts"

/** A name that expressions may use, with its type. */
export interface VariableDeclaration {
  readonly name: string
  readonly type: CelType
}

/** One signature of a function. */
export interface OverloadDeclaration {
  /** Unique in the environment, such as `string_lower`. */
  readonly id: string
  /** Called as `a.f(b)`: the first argument is what stands before the dot. */
  readonly receiver?: boolean
  /** The receiver's type comes first. Type parameters (`typeParameter("T")`) stand for one type each. */
  readonly arguments: readonly CelType[]
  readonly result: CelType
  /**
   * Gives the result or, as a value, the error; throws only for our own bugs. It is called with arguments of the declared
   * types only. An overload without it is known to the checker alone.
   */
  readonly call?: (...args: CelValue[]) => CelResult
  /** What an evaluation costs; undefined for the standard cost, which is 1 for unknown functions. */
  readonly cost?: (args: readonly CelValue[], result: CelResult) => number | undefined
  /** What an evaluation may cost, from what is known before it; undefined for the standard estimate. */
  readonly estimateCost?: EstimateCall
}

export type EstimateCall = (
  estimateSize: (node: CostNode) => SizeEstimate | undefined,
  target: CostNode | undefined,
  args: readonly CostNode[],
) => CallEstimate | undefined

export interface FunctionDeclaration {
  /** May be qualified: `ip.isCanonical`, `optional.of`. */
  readonly name: string
  readonly overloads: readonly OverloadDeclaration[]
}

/** The type of a field, as the checker needs it. */
export interface FieldType {
  readonly type: CelType
}

/** Knows the types with fields, and names that stand for types or constants. */
export interface TypeProvider {
  /** The type of this full name: an object type, or what a well-known name stands for. */
  findType(name: string): CelType | undefined
  findField(typeName: string, field: string): FieldType | undefined
  /** A constant, such as the value of an enumeration. */
  findConstant?(name: string): CelValue | undefined
  /** `Type{field: value}`; an error when a value does not fit. Without it no objects can be made. */
  create?(typeName: string, fields: ReadonlyMap<string, CelValue>): CelResult
}

/** What a library adds to an environment. */
export interface CelLibrary {
  readonly name: string
  readonly functions?: readonly FunctionDeclaration[]
  readonly macros?: readonly Macro[]
  readonly variables?: readonly VariableDeclaration[]
  /** Types that expressions may name, such as `net.IP`. */
  readonly types?: readonly CelType[]
}
