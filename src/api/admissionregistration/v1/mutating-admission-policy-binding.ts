import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { MatchResources } from "./match-resources.ts"
import { bindingColumns } from "./policy-columns.ts"
import { ParamRef } from "./policy-parameters.ts"
import { validateMutatingBinding } from "./validation/binding.ts"
import { nameWarnings } from "./validation/policy.ts"

export const MutatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  {
    policyName: string(1, { doc: "The name of the policy. Without such a policy the binding does nothing." }),
    paramRef: message(2, ParamRef, { doc: "The objects with parameters. Needed when the policy has a paramKind." }),
    matchResources: message(3, MatchResources, {
      doc: "Requests to which the policy is limited further. Default: all that it is for.",
    }),
  },
  { doc: "Where a policy applies." },
)
export type MutatingAdmissionPolicyBindingSpec = TypeOf<typeof MutatingAdmissionPolicyBindingSpec>

/**
 * Puts a MutatingAdmissionPolicy into effect, with parameters.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const MutatingAdmissionPolicyBinding = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "Puts a MutatingAdmissionPolicy into effect, with parameters.",
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  // Kubernetes still stores these objects in this version, and its clients compare.
  storageVersion: "v1beta1",
  columns: [...bindingColumns, age],
  strategy: { generation: true, validate: validateMutatingBinding, warnings: nameWarnings },
  fields: {
    spec: message(2, MutatingAdmissionPolicyBindingSpec, { doc: "Where the policy applies.", always: true }),
  },
})
export type MutatingAdmissionPolicyBinding = ObjectOf<typeof MutatingAdmissionPolicyBinding>
