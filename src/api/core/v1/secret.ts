import { bool, map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** TODO(doc) */
export const Secret = defineResource({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  doc: "",
  definition: "io.k8s.api.core.v1.Secret",
  fields: {
    immutable: bool(5, { doc: "", pointer: true }),
    data: map(2, "bytes", { doc: "" }),
    stringData: map(4, "string", { doc: "" }),
    type: string(3, { doc: "" }),
  },
})
export type Secret = ObjectOf<typeof Secret>
