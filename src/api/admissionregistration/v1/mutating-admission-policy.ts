import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { MatchCondition, MatchResources } from "./match-resources.ts"
import { paramKindColumn } from "./policy-columns.ts"
import { ParamKind, Variable } from "./policy-parameters.ts"
import { validateMutatingPolicy } from "./validation/mutating-policy.ts"
import { nameWarnings } from "./validation/policy.ts"

export const ApplyConfiguration = struct(
  "io.k8s.api.admissionregistration.v1.ApplyConfiguration",
  {
    expression: string(1, {
      doc: "A CEL expression that makes the fields to merge, such as Object{spec: Object.spec{replicas: 1}}. Lists that are atomic cannot be set.",
    }),
  },
  { doc: "A change in the manner of server-side apply." },
)
export type ApplyConfiguration = TypeOf<typeof ApplyConfiguration>

export const JSONPatch = struct(
  "io.k8s.api.admissionregistration.v1.JSONPatch",
  {
    expression: string(1, { doc: "A CEL expression that makes a list of JSONPatch operations." }),
  },
  { doc: "A change in the form of JSON Patch." },
)
export type JSONPatch = TypeOf<typeof JSONPatch>

export const Mutation = struct(
  "io.k8s.api.admissionregistration.v1.Mutation",
  {
    patchType: string(2, { doc: "ApplyConfiguration or JSONPatch.", required: true }),
    applyConfiguration: message(3, ApplyConfiguration, { doc: "Fields that are merged into the object." }),
    jsonPatch: message(4, JSONPatch, { doc: "Operations on the object." }),
  },
  { doc: "A change of the object. The member that patchType names must be set." },
)
export type Mutation = TypeOf<typeof Mutation>

export const MutatingAdmissionPolicySpec = struct(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec",
  {
    paramKind: message(1, ParamKind, { doc: "The kind of object that parameters come from. Absent: there are none." }),
    matchConstraints: message(2, MatchResources, {
      doc: "Which requests the policy is for. Needed; CONNECT is not possible.",
    }),
    variables: list(3, Variable, {
      doc: "Expressions that others can use by name, in this order.",
      listType: "atomic",
    }),
    mutations: list(4, Mutation, { doc: "The changes, one after the other.", listType: "atomic" }),
    failurePolicy: string(5, {
      doc: "What happens when it cannot be evaluated: Fail (the default) refuses the request, Ignore goes on without it.",
      pointer: true,
      default: "Fail",
    }),
    matchConditions: list(6, MatchCondition, {
      doc: "CEL conditions, at most 64, that must all hold for the policy to look at a request.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    reinvocationPolicy: string(7, {
      doc: "Whether it may run again after others have changed the object: Never or IfNeeded.",
    }),
  },
  { doc: "Which requests a policy is for, and how it changes objects." },
)
export type MutatingAdmissionPolicySpec = TypeOf<typeof MutatingAdmissionPolicySpec>

/**
 * Changes objects in requests by CEL expressions.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const MutatingAdmissionPolicy = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "Changes objects in requests by CEL expressions. It takes effect through bindings.",
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  // Kubernetes still stores these objects in this version, and its clients compare.
  storageVersion: "v1beta1",
  columns: [
    {
      name: "Mutations",
      type: "integer",
      doc: "How many changes there are.",
      value: ({ spec }) => spec.mutations?.length ?? 0,
    },
    paramKindColumn,
    age,
  ],
  strategy: { generation: true, validate: validateMutatingPolicy, warnings: nameWarnings },
  fields: {
    spec: message(2, MutatingAdmissionPolicySpec, {
      doc: "Which requests the policy is for, and how it changes objects.",
      always: true,
    }),
  },
})
export type MutatingAdmissionPolicy = ObjectOf<typeof MutatingAdmissionPolicy>
