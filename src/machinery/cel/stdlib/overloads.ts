import type { OverloadDeclaration } from "../declarations.ts"
import type { CelType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"

type Arguments = readonly (CelValue | undefined)[]

/** What a call costs, and may cost; the standard costs when absent. */
export type Costs = Pick<OverloadDeclaration, "cost" | "estimateCost">

/**
 * An overload of a function. The checker and the dispatch make sure that the implementation only gets what its
 * parameters' types say, so it may name them as narrowly as the declared types are.
 */
export function overload<A extends Arguments>(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call: (...args: A) => CelResult,
  costs: Costs = {},
): OverloadDeclaration {
  return { id, arguments: args, result, call: call as unknown as (...args: CelValue[]) => CelResult, ...costs }
}

/** The same for `a.f(b)`; the receiver is the first argument. */
export function method<A extends Arguments>(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call: (...args: A) => CelResult,
  costs: Costs = {},
): OverloadDeclaration {
  return { ...overload(id, args, result, call, costs), receiver: true }
}
