import type { Expression } from "../ast.ts"
import type { CelType } from "../types.ts"

/** The greatest estimate; sums and products that are greater become it. */
export const COST_MAX = 2 ** 64

/** The least and greatest size of a text in code points, of bytes, or of a list or map in elements. */
export interface SizeEstimate {
  readonly min: number
  readonly max: number
}

/** The least and greatest cost, in the units of the cost model: one unit is about one simple operation. */
export interface CostEstimate {
  readonly min: number
  readonly max: number
}

/** What a call costs without its arguments, and how large its result is when that is known. */
export interface CallEstimate {
  readonly cost: CostEstimate
  readonly resultSize?: SizeEstimate | undefined
}

/** A part of an expression whose size or cost is to be estimated. */
export interface CostNode {
  /** From a variable through fields, `@items`, `@keys`, `@values`; undefined for what is computed. */
  readonly path: readonly string[] | undefined
  readonly type: CelType
  readonly expression: Expression
  /** The size as far as the expression tells it. */
  readonly computedSize: SizeEstimate | undefined
}

/** What the caller knows about sizes of inputs and costs of functions. */
export interface CostEstimator {
  /** Undefined when nothing is known. Asked only for what the expression itself does not tell. */
  estimateSize(node: CostNode): SizeEstimate | undefined
  /** Undefined for the standard estimate. Overloads' own hooks come first. */
  estimateCall(
    name: string,
    overloadId: string,
    target: CostNode | undefined,
    args: readonly CostNode[],
  ): CallEstimate | undefined
}

/** Of an input nobody knows a bound for. */
export const unknownSize: SizeEstimate = { min: 0, max: COST_MAX }
export const unknownCost: CostEstimate = { min: 0, max: COST_MAX }

export function fixed(value: number): SizeEstimate & CostEstimate {
  return { min: value, max: value }
}

/** Of costs or sizes. */
export function add(a: CostEstimate, b: CostEstimate): CostEstimate {
  return { min: Math.min(a.min + b.min, COST_MAX), max: Math.min(a.max + b.max, COST_MAX) }
}

/** Of costs or sizes. */
export function multiply(a: CostEstimate, b: CostEstimate): CostEstimate {
  return { min: Math.min(a.min * b.min, COST_MAX), max: Math.min(a.max * b.max, COST_MAX) }
}

/** A cost of `factor` for each unit of a size, rounded up. */
export function multiplyByFactor(size: SizeEstimate, factor: number): CostEstimate {
  return {
    min: Math.min(Math.ceil(size.min * factor), COST_MAX),
    max: Math.min(Math.ceil(size.max * factor), COST_MAX),
  }
}

/** From the least of both to the greatest of both. */
export function union(a: CostEstimate, b: CostEstimate): CostEstimate {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}
