import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const IngressClassParametersReference = struct("io.k8s.api.networking.v1.IngressClassParametersReference", {
  apiGroup: string(1, { doc: "", pointer: true }),
  kind: string(2, { doc: "", required: true }),
  name: string(3, { doc: "", required: true }),
  scope: string(4, { doc: "", pointer: true }),
  namespace: string(5, { doc: "", pointer: true }),
})
export type IngressClassParametersReference = TypeOf<typeof IngressClassParametersReference>

export const IngressClassSpec = struct("io.k8s.api.networking.v1.IngressClassSpec", {
  controller: string(1, { doc: "" }),
  parameters: message(2, IngressClassParametersReference, { doc: "" }),
})
export type IngressClassSpec = TypeOf<typeof IngressClassSpec>

/** TODO(doc) */
export const IngressClass = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.networking.v1.IngressClass",
  fields: {
    spec: message(2, IngressClassSpec, { doc: "", always: true }),
  },
})
export type IngressClass = ObjectOf<typeof IngressClass>
