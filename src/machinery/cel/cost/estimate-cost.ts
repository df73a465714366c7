import type { CelAst } from "../ast.ts"
import type { DeclaredNames } from "../declared-names.ts"
import { type CostEstimate, type CostEstimator, unknownCost } from "./estimate.ts"

export function estimateCost(
  _ast: CelAst,
  _names: DeclaredNames,
  _estimator: CostEstimator,
  _presenceTestHasCost: boolean,
): CostEstimate {
  return unknownCost
}
