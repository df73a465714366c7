import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { roundToMilli } from "../../core/v1/resource-list.ts"
import { Toleration } from "../../core/v1/toleration.ts"

export const Overhead = struct(
  "io.k8s.api.node.v1.Overhead",
  {
    podFixed: map(1, "quantity", { doc: "" }),
  },
  { defaults: ({ podFixed }) => roundToMilli(podFixed) },
)
export type Overhead = TypeOf<typeof Overhead>

export const Scheduling = struct("io.k8s.api.node.v1.Scheduling", {
  nodeSelector: map(1, "string", { doc: "", mapType: "atomic" }),
  tolerations: list(2, Toleration, { doc: "", listType: "atomic" }),
})
export type Scheduling = TypeOf<typeof Scheduling>

/** TODO(doc) */
export const RuntimeClass = defineResource({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.node.v1.RuntimeClass",
  columns: [
    { name: "Handler", type: "string", doc: "The runtime's own name for it.", value: ({ handler }) => handler },
    age,
  ],
  strategy: { createOnUpdate: true },
  fields: {
    handler: string(2, { doc: "", required: true }),
    overhead: message(3, Overhead, { doc: "" }),
    scheduling: message(4, Scheduling, { doc: "" }),
  },
})
export type RuntimeClass = ObjectOf<typeof RuntimeClass>
