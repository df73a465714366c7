import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { MatchResources } from "./match-resources.ts"
import { bindingColumns } from "./policy-columns.ts"
import { ParamRef } from "./policy-parameters.ts"
import { validateValidatingBinding } from "./validation/binding.ts"
import { nameWarnings } from "./validation/policy.ts"

export const ValidatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  {
    policyName: string(1, {
      doc: "The name of the policy. Without such a policy the binding does nothing.",
      required: true,
    }),
    paramRef: message(2, ParamRef, { doc: "The objects with parameters. Needed when the policy has a paramKind." }),
    matchResources: message(3, MatchResources, {
      doc: "Requests to which the policy is limited further. Default: all that it is for.",
    }),
    validationActions: list(4, "string", {
      doc: "What a failure leads to: Deny, Warn, Audit, or Audit with one of the others. Deny and Warn exclude each other.",
      required: true,
      listType: "set",
    }),
  },
  { doc: "Where a policy applies, and what it does." },
)
export type ValidatingAdmissionPolicyBindingSpec = TypeOf<typeof ValidatingAdmissionPolicyBindingSpec>

/**
 * Puts a ValidatingAdmissionPolicy into effect, with parameters.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export const ValidatingAdmissionPolicyBinding = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "Puts a ValidatingAdmissionPolicy into effect, with parameters.",
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  columns: [...bindingColumns, age],
  strategy: { generation: true, validate: validateValidatingBinding, warnings: nameWarnings },
  fields: {
    spec: message(2, ValidatingAdmissionPolicyBindingSpec, {
      doc: "Where the policy applies, and what it does.",
      required: true,
    }),
  },
})
export type ValidatingAdmissionPolicyBinding = ObjectOf<typeof ValidatingAdmissionPolicyBinding>
