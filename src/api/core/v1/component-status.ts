import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ComponentCondition = struct("io.k8s.api.core.v1.ComponentCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  message: string(3, { doc: "" }),
  error: string(4, { doc: "" }),
})
export type ComponentCondition = TypeOf<typeof ComponentCondition>

/** TODO(doc) */
export const ComponentStatus = defineResource({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  shortNames: ["cs"],
  namespaced: false,
  verbs: ["get", "list"],
  doc: "",
  definition: "io.k8s.api.core.v1.ComponentStatus",
  fields: {
    conditions: list(2, ComponentCondition, {
      doc: "",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
})
export type ComponentStatus = ObjectOf<typeof ComponentStatus>
