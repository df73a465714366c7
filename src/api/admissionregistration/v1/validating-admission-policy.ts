import { Condition } from "../../../machinery/meta/condition.ts"
import { int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { MatchCondition, MatchResources } from "./match-resources.ts"
import { ParamKind, Variable } from "./policy-parameters.ts"

export const Validation = struct("io.k8s.api.admissionregistration.v1.Validation", {
  expression: string(1, { doc: "", required: true }),
  message: string(2, { doc: "" }),
  reason: string(3, { doc: "", pointer: true }),
  messageExpression: string(4, { doc: "" }),
})
export type Validation = TypeOf<typeof Validation>

export const AuditAnnotation = struct("io.k8s.api.admissionregistration.v1.AuditAnnotation", {
  key: string(1, { doc: "", required: true }),
  valueExpression: string(2, { doc: "", required: true }),
})
export type AuditAnnotation = TypeOf<typeof AuditAnnotation>

export const ValidatingAdmissionPolicySpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec",
  {
    paramKind: message(1, ParamKind, { doc: "" }),
    matchConstraints: message(2, MatchResources, { doc: "" }),
    validations: list(3, Validation, { doc: "", listType: "atomic" }),
    failurePolicy: string(4, { doc: "", pointer: true }),
    auditAnnotations: list(5, AuditAnnotation, { doc: "", listType: "atomic" }),
    matchConditions: list(6, MatchCondition, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    variables: list(7, Variable, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
)
export type ValidatingAdmissionPolicySpec = TypeOf<typeof ValidatingAdmissionPolicySpec>

export const ExpressionWarning = struct("io.k8s.api.admissionregistration.v1.ExpressionWarning", {
  fieldRef: string(2, { doc: "", required: true }),
  warning: string(3, { doc: "", required: true }),
})
export type ExpressionWarning = TypeOf<typeof ExpressionWarning>

export const TypeChecking = struct("io.k8s.api.admissionregistration.v1.TypeChecking", {
  expressionWarnings: list(1, ExpressionWarning, { doc: "", listType: "atomic" }),
})
export type TypeChecking = TypeOf<typeof TypeChecking>

export const ValidatingAdmissionPolicyStatus = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  {
    observedGeneration: int64(1, { doc: "" }),
    typeChecking: message(2, TypeChecking, { doc: "" }),
    conditions: list(3, Condition, { doc: "", listType: "map", mapKeys: ["type"] }),
  },
)
export type ValidatingAdmissionPolicyStatus = TypeOf<typeof ValidatingAdmissionPolicyStatus>

/** TODO(doc) */
export const ValidatingAdmissionPolicy = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  fields: {
    spec: message(2, ValidatingAdmissionPolicySpec, { doc: "", always: true }),
    status: message(3, ValidatingAdmissionPolicyStatus, { doc: "", always: true }),
  },
})
export type ValidatingAdmissionPolicy = ObjectOf<typeof ValidatingAdmissionPolicy>
