import { bool, list } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { LocalObjectReference, ObjectReference } from "./references.ts"

/** TODO(doc) */
export const ServiceAccount = defineResource({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  subresources: {
    token: { verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" },
  },
  doc: "",
  definition: "io.k8s.api.core.v1.ServiceAccount",
  fields: {
    secrets: list(2, ObjectReference, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    imagePullSecrets: list(3, LocalObjectReference, { doc: "", listType: "atomic" }),
    automountServiceAccountToken: bool(4, { doc: "", pointer: true }),
  },
})
export type ServiceAccount = ObjectOf<typeof ServiceAccount>
