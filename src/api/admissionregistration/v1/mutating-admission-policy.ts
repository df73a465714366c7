import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { MatchCondition, MatchResources } from "./match-resources.ts"
import { ParamKind, Variable } from "./policy-parameters.ts"

export const ApplyConfiguration = struct("io.k8s.api.admissionregistration.v1.ApplyConfiguration", {
  expression: string(1, { doc: "" }),
})
export type ApplyConfiguration = TypeOf<typeof ApplyConfiguration>

export const JSONPatch = struct("io.k8s.api.admissionregistration.v1.JSONPatch", {
  expression: string(1, { doc: "" }),
})
export type JSONPatch = TypeOf<typeof JSONPatch>

export const Mutation = struct("io.k8s.api.admissionregistration.v1.Mutation", {
  patchType: string(2, { doc: "", required: true }),
  applyConfiguration: message(3, ApplyConfiguration, { doc: "" }),
  jsonPatch: message(4, JSONPatch, { doc: "" }),
})
export type Mutation = TypeOf<typeof Mutation>

export const MutatingAdmissionPolicySpec = struct("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", {
  paramKind: message(1, ParamKind, { doc: "" }),
  matchConstraints: message(2, MatchResources, { doc: "" }),
  variables: list(3, Variable, { doc: "", listType: "atomic" }),
  mutations: list(4, Mutation, { doc: "", listType: "atomic" }),
  failurePolicy: string(5, { doc: "", pointer: true }),
  matchConditions: list(6, MatchCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
  }),
  reinvocationPolicy: string(7, { doc: "" }),
})
export type MutatingAdmissionPolicySpec = TypeOf<typeof MutatingAdmissionPolicySpec>

/** TODO(doc) */
export const MutatingAdmissionPolicy = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  fields: {
    spec: message(2, MutatingAdmissionPolicySpec, { doc: "", always: true }),
  },
})
export type MutatingAdmissionPolicy = ObjectOf<typeof MutatingAdmissionPolicy>
