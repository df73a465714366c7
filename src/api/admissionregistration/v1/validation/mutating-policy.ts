import { jsonPatchType, mutatedObjectType } from "../../../../machinery/cel/kubernetes/mutation-objects.ts"
import { listOf } from "../../../../machinery/cel/types.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, NONE, nonEmpty, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import type { MutatingAdmissionPolicySpec, Mutation } from "../mutating-admission-policy.ts"
import { PolicyExpressions } from "./expressions.ts"
import { validatePolicy } from "./policy.ts"
import { REINVOCATION_POLICIES, validateMutable } from "./rules.ts"

const SPEC = FieldPath.root("spec")

export function validateMutatingPolicy({ spec }: { readonly spec: MutatingAdmissionPolicySpec }): Errors {
  const { mutations = [], matchConstraints, reinvocationPolicy, paramKind } = spec
  const at = SPEC.child("mutations")
  const expressions = new PolicyExpressions(paramKind !== undefined, true)
  return [
    ...validatePolicy(spec, expressions, validateMutable(matchConstraints, SPEC.child("matchConstraints"))),
    ...nonEmpty(mutations, at, "mutations must contain at least one item"),
    ...mutations.flatMap((mutation, index) => validateMutation(mutation, expressions, at.index(index))),
    ...requiredOneOf(reinvocationPolicy, REINVOCATION_POLICIES, SPEC.child("reinvocationPolicy")),
  ]
}

const MEMBERS = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" } as const

const TYPES = { ApplyConfiguration: [mutatedObjectType], JSONPatch: [listOf(jsonPatchType)] } as const

function validateMutation(mutation: Mutation, expressions: PolicyExpressions, path: FieldPath): Errors {
  const { patchType: type } = mutation
  if (type !== "ApplyConfiguration" && type !== "JSONPatch") {
    return requiredOneOf(type, Object.keys(MEMBERS), path.child("patchType"))
  }
  const member = MEMBERS[type]
  const other = MEMBERS[type === "JSONPatch" ? "ApplyConfiguration" : "JSONPatch"]
  const change = mutation[member]
  const expression = (change?.expression ?? "").trim()
  const where = path.child(member).child("expression")
  return [
    ...(change === undefined
      ? [field.required(path.child(member), `must be specified when patchType is ${type}`)]
      : expression === ""
        ? [field.required(where)]
        : expressions.check(expression, TYPES[type], where, { patches: true })),
    ...(mutation[other] === undefined
      ? NONE
      : [field.invalid(path.child(other), `{${other}}`, `must not be specified when patchType is ${type}`)]),
  ]
}
