import type { Variable } from "../../../api/admissionregistration/v1/policy-parameters.ts"
import {
  type AdmissionVariables,
  admissionEnvironment,
} from "../../../machinery/cel/kubernetes/admission-environment.ts"
import {
  type AdmissionExpression,
  compileAdmissionExpression,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { anyType, type CelType, dynType } from "../../../machinery/cel/types.ts"
import type { Variables } from "../matching/evaluation.ts"

export interface CompiledVariables {
  readonly variables: Variables
  /** For the environments of expressions that use them. */
  readonly types: ReadonlyMap<string, CelType>
}

/** The variables of a policy. Each sees those before it. */
export function compileVariables(
  variables: readonly Variable[] | undefined,
  options: AdmissionVariables,
): CompiledVariables {
  const compiled = new Map<string, AdmissionExpression>()
  const types = new Map<string, CelType>()
  const environment = admissionEnvironment({ ...options, hasAuthorizer: true, variables: types })
  for (const { name, expression } of variables ?? []) {
    const one = compileAdmissionExpression(environment, expression, [anyType])
    compiled.set(name, one)
    types.set(name, "resultType" in one ? one.resultType : dynType)
  }
  return { variables: compiled, types }
}
