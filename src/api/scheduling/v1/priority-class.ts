import { bool, int32, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** TODO(doc) */
export const PriorityClass = defineResource({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.scheduling.v1.PriorityClass",
  strategy: { generation: true, unconditionalUpdate: true },
  fields: {
    value: int32(2, { doc: "", always: true }),
    globalDefault: bool(3, { doc: "" }),
    description: string(4, { doc: "" }),
    preemptionPolicy: string(5, { doc: "", default: "PreemptLowerPriority", pointer: true }),
  },
})
export type PriorityClass = ObjectOf<typeof PriorityClass>
