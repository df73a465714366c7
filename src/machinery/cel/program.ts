import type { Activation } from "./activation.ts"
import type { CelError } from "./error.ts"
import type { CelResult, CelValue } from "./value.ts"

export interface EvaluationLimits {
  /** Ends the evaluation with `operation cancelled: actual cost limit exceeded` when its cost becomes greater. */
  readonly costLimit?: number
  /** Asked every few operations; ends the evaluation with `operation interrupted` when it answers true. */
  readonly interrupted?: () => boolean
}

/** How an evaluation ended. Its cost was spent either way. */
export type Evaluation =
  | { readonly ok: true; readonly value: CelValue; readonly cost: number }
  | {
      readonly ok: false
      readonly error: CelError
      readonly cost: number
      /** Set when a limit ended it, rather than the expression's own failure. */
      readonly stopped?: "cost" | "interrupted"
    }

/** An expression that is ready to be evaluated any number of times. Keeps no state between evaluations. */
export interface CelProgram {
  /** Set when it can never be evaluated: a constant in it cannot be converted, or is no regular expression. */
  readonly error: CelError | undefined
  evaluate(activation: Activation, limits?: EvaluationLimits): Evaluation
}

export interface ProgramOptions {
  /** Computes constant lists, maps and conversions once, as Kubernetes does; their cost is then 0. Default true. */
  readonly optimize?: boolean
  /** Whether `has(x.y)` costs 1 more. Kubernetes' rules since 1.28 say no, which is the default. */
  readonly presenceTestHasCost?: boolean
  /** What a call costs; undefined for the standard cost. Overloads' own hooks come first. */
  readonly callCost?: (
    name: string,
    overloadId: string,
    args: readonly CelValue[],
    result: CelResult,
  ) => number | undefined
}
