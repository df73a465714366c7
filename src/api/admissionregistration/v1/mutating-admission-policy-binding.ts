import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { MatchResources } from "./match-resources.ts"
import { ParamRef } from "./policy-parameters.ts"

export const MutatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  {
    policyName: string(1, { doc: "" }),
    paramRef: message(2, ParamRef, { doc: "" }),
    matchResources: message(3, MatchResources, { doc: "" }),
  },
)
export type MutatingAdmissionPolicyBindingSpec = TypeOf<typeof MutatingAdmissionPolicyBindingSpec>

/** TODO(doc) */
export const MutatingAdmissionPolicyBinding = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  fields: {
    spec: message(2, MutatingAdmissionPolicyBindingSpec, { doc: "", always: true }),
  },
})
export type MutatingAdmissionPolicyBinding = ObjectOf<typeof MutatingAdmissionPolicyBinding>
