import type {
  ValidatingAdmissionPolicy,
  Validation,
} from "../../../api/admissionregistration/v1/validating-admission-policy.ts"
import { admissionEnvironment } from "../../../machinery/cel/kubernetes/admission-environment.ts"
import {
  type AdmissionExpression,
  compileAdmissionExpression,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { boolType, nullType, stringType } from "../../../machinery/cel/types.ts"
import { type CompiledConditions, compileConditions } from "../matching/conditions.ts"
import type { Variables } from "../matching/evaluation.ts"
import { compileVariables } from "./policy-variables.ts"

/** A validating policy, compiled. What does not compile fails when it is evaluated. */
export interface ValidationProgram {
  readonly variables: Variables
  readonly conditions: CompiledConditions
  readonly validations: readonly CompiledValidation[]
  readonly auditAnnotations: readonly CompiledAnnotation[]
}

export interface CompiledValidation {
  readonly validation: Validation
  readonly expression: AdmissionExpression
  readonly message: AdmissionExpression | undefined
}

export interface CompiledAnnotation {
  readonly key: string
  readonly valueExpression: string
  readonly expression: AdmissionExpression
}

export function compileValidation({ spec }: ValidatingAdmissionPolicy): ValidationProgram {
  const hasParams = spec.paramKind !== undefined
  const { variables, types } = compileVariables(spec.variables, { hasParams })
  const environment = admissionEnvironment({ hasParams, hasAuthorizer: true, variables: types })
  const messages = admissionEnvironment({ hasParams, variables: types })
  return {
    variables,
    conditions: compileConditions(spec.matchConditions, environment),
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      expression: compileAdmissionExpression(environment, validation.expression, [boolType]),
      message: validation.messageExpression
        ? compileAdmissionExpression(messages, validation.messageExpression, [stringType])
        : undefined,
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      valueExpression,
      expression: compileAdmissionExpression(environment, valueExpression, [stringType, nullType]),
    })),
  }
}
