import type { OverloadDeclaration } from "../declarations.ts"
import type { CelType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"

/** What a function computes. The evaluator calls it with arguments of the declared types only. */
type Call<A extends readonly (CelValue | undefined)[]> = (...args: A) => CelResult

export type Costs = Pick<OverloadDeclaration, "cost" | "estimateCost">

/** An overload called as `a.f(b)`; the receiver's type comes first. */
export function method<A extends readonly (CelValue | undefined)[]>(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call: Call<A>,
  costs: Costs = {},
): OverloadDeclaration {
  return { ...plain(id, args, result, call, costs), receiver: true }
}

/** An overload called as `f(a, b)`. */
export function plain<A extends readonly (CelValue | undefined)[]>(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call: Call<A>,
  costs: Costs = {},
): OverloadDeclaration {
  // The declared types stand next to the implementation's own, and the evaluator keeps to them.
  return { id, arguments: args, result, call: call as unknown as Call<CelValue[]>, ...costs }
}
