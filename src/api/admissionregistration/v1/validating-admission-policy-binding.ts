import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { MatchResources } from "./match-resources.ts"
import { ParamRef } from "./policy-parameters.ts"

export const ValidatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  {
    policyName: string(1, { doc: "", required: true }),
    paramRef: message(2, ParamRef, { doc: "" }),
    matchResources: message(3, MatchResources, { doc: "" }),
    validationActions: list(4, "string", { doc: "", required: true, listType: "set" }),
  },
)
export type ValidatingAdmissionPolicyBindingSpec = TypeOf<typeof ValidatingAdmissionPolicyBindingSpec>

/** TODO(doc) */
export const ValidatingAdmissionPolicyBinding = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  fields: {
    spec: message(2, ValidatingAdmissionPolicyBindingSpec, { doc: "", required: true }),
  },
})
export type ValidatingAdmissionPolicyBinding = ObjectOf<typeof ValidatingAdmissionPolicyBinding>
