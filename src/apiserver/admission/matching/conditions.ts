import type { MatchCondition } from "../../../api/admissionregistration/v1/match-resources.ts"
import type { CelEnvironment } from "../../../machinery/cel/environment.ts"
import {
  type AdmissionExpression,
  CostBudget,
  compileAdmissionExpression,
  OutOfBudgetError,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { MATCH_CONDITIONS_COST_BUDGET } from "../../../machinery/cel/kubernetes/limits.ts"
import { boolType } from "../../../machinery/cel/types.ts"
import { Evaluation, type Situation, type Variables } from "./evaluation.ts"

export type CompiledConditions = readonly AdmissionExpression[]

export function compileConditions(
  conditions: readonly MatchCondition[] | undefined,
  environment: CelEnvironment,
): CompiledConditions {
  return (conditions ?? []).map(({ expression }) => compileAdmissionExpression(environment, expression, [boolType]))
}

/** `error`: no condition is false, but some could not be evaluated. */
export type ConditionsResult = { readonly matches: boolean } | { readonly error: string }

/** All must be true. One that is false decides, even when others cannot be evaluated. */
export function evaluateConditions(
  conditions: CompiledConditions,
  situation: Situation,
  variables?: Variables,
): ConditionsResult {
  if (conditions.length === 0) return { matches: true }
  const evaluation = new Evaluation(situation, variables)
  const budget = new CostBudget(MATCH_CONDITIONS_COST_BUDGET)
  const errors: string[] = []
  try {
    for (const result of conditions.map((condition) => evaluation.evaluate(condition, budget))) {
      if ("error" in result) errors.push(result.error)
      else if (result.value === false) return { matches: false }
    }
  } catch (error) {
    if (!(error instanceof OutOfBudgetError)) throw error
    return { error: error.message }
  }
  if (errors.length === 0) return { matches: true }
  const distinct = [...new Set(errors)]
  return { error: distinct.length === 1 ? (distinct[0] ?? "") : `[${distinct.join(", ")}]` }
}
