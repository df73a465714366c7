import { bool, int32, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"

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
  columns: [
    { name: "Value", type: "integer", doc: "The priority; higher comes first.", value: ({ value }) => value },
    {
      name: "Global-Default",
      type: "boolean",
      doc: "Whether pods without a class get this one.",
      value: ({ globalDefault = false }) => globalDefault,
    },
    age,
    {
      name: "PreemptionPolicy",
      type: "string",
      doc: "Whether its pods may displace others.",
      value: ({ preemptionPolicy }) => preemptionPolicy,
    },
  ],
  strategy: { generation: true, unconditionalUpdate: true },
  fields: {
    value: int32(2, { doc: "", always: true }),
    globalDefault: bool(3, { doc: "" }),
    description: string(4, { doc: "" }),
    preemptionPolicy: string(5, { doc: "", default: "PreemptLowerPriority", pointer: true }),
  },
})
export type PriorityClass = ObjectOf<typeof PriorityClass>
