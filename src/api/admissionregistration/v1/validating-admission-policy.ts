import { Condition } from "../../../machinery/meta/condition.ts"
import { int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { MatchCondition, MatchResources } from "./match-resources.ts"
import { paramKindColumn } from "./policy-columns.ts"
import { ParamKind, Variable } from "./policy-parameters.ts"
import { nameWarnings } from "./validation/policy.ts"
import { validateValidatingPolicy, validateValidatingPolicyStatus } from "./validation/validating-policy.ts"

export const Validation = struct(
  "io.k8s.api.admissionregistration.v1.Validation",
  {
    expression: string(1, {
      doc: "The CEL expression; when it is false, the request is refused. It sees object, oldObject, request, params and variables.",
      required: true,
    }),
    message: string(2, { doc: "What the user is told. One line; default: the expression." }),
    reason: string(3, {
      doc: "The reason of the answer: Unauthorized, Forbidden, Invalid (the default) or RequestEntityTooLarge.",
      pointer: true,
    }),
    messageExpression: string(4, { doc: "A CEL expression that makes the message, instead of message." }),
  },
  { doc: "A condition that must hold." },
)
export type Validation = TypeOf<typeof Validation>

export const AuditAnnotation = struct(
  "io.k8s.api.admissionregistration.v1.AuditAnnotation",
  {
    key: string(1, { doc: "The key of the note; the policy's name and a slash are put before it.", required: true }),
    valueExpression: string(2, {
      doc: "A CEL expression that makes the text. With null there is no note.",
      required: true,
    }),
  },
  { doc: "A note in the audit log." },
)
export type AuditAnnotation = TypeOf<typeof AuditAnnotation>

export const ValidatingAdmissionPolicySpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec",
  {
    paramKind: message(1, ParamKind, { doc: "The kind of object that parameters come from. Absent: there are none." }),
    matchConstraints: message(2, MatchResources, { doc: "Which requests the policy is for. Needed." }),
    validations: list(3, Validation, {
      doc: "The conditions that must hold. Either these or auditAnnotations must be set.",
      listType: "atomic",
    }),
    failurePolicy: string(4, {
      doc: "What happens when it cannot be evaluated: Fail (the default) refuses the request, Ignore goes on without it.",
      pointer: true,
      default: "Fail",
    }),
    auditAnnotations: list(5, AuditAnnotation, { doc: "Notes for the audit log.", listType: "atomic" }),
    matchConditions: list(6, MatchCondition, {
      doc: "CEL conditions, at most 64, that must all hold for the policy to look at a request.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    variables: list(7, Variable, {
      doc: "Expressions that others can use by name, in this order.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
  { doc: "Which requests a policy is for, and what must hold." },
)
export type ValidatingAdmissionPolicySpec = TypeOf<typeof ValidatingAdmissionPolicySpec>

export const ExpressionWarning = struct(
  "io.k8s.api.admissionregistration.v1.ExpressionWarning",
  {
    fieldRef: string(2, { doc: "The path of the expression, such as spec.validations[0].expression.", required: true }),
    warning: string(3, { doc: "What is wrong with it.", required: true }),
  },
  { doc: "A likely mistake in an expression." },
)
export type ExpressionWarning = TypeOf<typeof ExpressionWarning>

export const TypeChecking = struct(
  "io.k8s.api.admissionregistration.v1.TypeChecking",
  {
    expressionWarnings: list(1, ExpressionWarning, {
      doc: "Likely mistakes; empty when there are none.",
      listType: "atomic",
    }),
  },
  { doc: "What checking the types of a policy's expressions found." },
)
export type TypeChecking = TypeOf<typeof TypeChecking>

export const ValidatingAdmissionPolicyStatus = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    typeChecking: message(2, TypeChecking, {
      doc: "Likely mistakes in the expressions. Absent until they were checked.",
    }),
    conditions: list(3, Condition, { doc: "The state of the policy.", listType: "map", mapKeys: ["type"] }),
  },
  { doc: "What the server found in a policy." },
)
export type ValidatingAdmissionPolicyStatus = TypeOf<typeof ValidatingAdmissionPolicyStatus>

/**
 * Refuses requests that do not meet conditions in CEL.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export const ValidatingAdmissionPolicy = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Refuses requests that do not meet conditions in CEL. It takes effect through bindings.",
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  columns: [
    {
      name: "Validations",
      type: "integer",
      doc: "How many conditions there are.",
      value: ({ spec }) => spec.validations?.length ?? 0,
    },
    paramKindColumn,
    age,
  ],
  strategy: {
    generation: true,
    validate: validateValidatingPolicy,
    prepareStatusUpdate: keepMetadata,
    validateStatusUpdate: validateValidatingPolicyStatus,
    warnings: nameWarnings,
  },
  fields: {
    spec: message(2, ValidatingAdmissionPolicySpec, {
      doc: "Which requests the policy is for, and what must hold.",
      always: true,
    }),
    status: message(3, ValidatingAdmissionPolicyStatus, {
      doc: "What the server found in it. Read only for users.",
      always: true,
    }),
  },
})
export type ValidatingAdmissionPolicy = ObjectOf<typeof ValidatingAdmissionPolicy>
