import type { MutatingAdmissionPolicy } from "../../../api/admissionregistration/v1/mutating-admission-policy.ts"
import { admissionEnvironment } from "../../../machinery/cel/kubernetes/admission-environment.ts"
import {
  type AdmissionExpression,
  compileAdmissionExpression,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { jsonPatchType, mutatedObjectType } from "../../../machinery/cel/kubernetes/mutation-objects.ts"
import { listOf } from "../../../machinery/cel/types.ts"
import { type CompiledConditions, compileConditions } from "../matching/conditions.ts"
import type { Variables } from "../matching/evaluation.ts"
import { compileVariables } from "./policy-variables.ts"

/** A mutating policy, compiled. What does not compile fails when it is evaluated. */
export interface MutationProgram {
  readonly variables: Variables
  readonly conditions: CompiledConditions
  readonly mutations: readonly CompiledMutation[]
}

export interface CompiledMutation {
  readonly type: "JSONPatch" | "ApplyConfiguration"
  readonly expression: AdmissionExpression
}

export function compileMutation({ spec }: MutatingAdmissionPolicy): MutationProgram {
  const hasParams = spec.paramKind !== undefined
  const { variables, types } = compileVariables(spec.variables, { hasParams })
  const options = { hasParams, hasAuthorizer: true, variables: types }
  const patches = admissionEnvironment({ ...options, hasPatchTypes: true })
  return {
    variables,
    conditions: compileConditions(spec.matchConditions, admissionEnvironment(options)),
    mutations: (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }) =>
      patchType === "JSONPatch"
        ? {
            type: "JSONPatch",
            expression: compileAdmissionExpression(patches, jsonPatch?.expression ?? "", [listOf(jsonPatchType)]),
          }
        : {
            type: "ApplyConfiguration",
            expression: compileAdmissionExpression(patches, applyConfiguration?.expression ?? "", [mutatedObjectType]),
          },
    ),
  }
}
