import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const LimitRangeItem = struct("io.k8s.api.core.v1.LimitRangeItem", {
  type: string(1, { doc: "", required: true }),
  max: map(2, "quantity", { doc: "" }),
  min: map(3, "quantity", { doc: "" }),
  default: map(4, "quantity", { doc: "" }),
  defaultRequest: map(5, "quantity", { doc: "" }),
  maxLimitRequestRatio: map(6, "quantity", { doc: "" }),
})
export type LimitRangeItem = TypeOf<typeof LimitRangeItem>

export const LimitRangeSpec = struct("io.k8s.api.core.v1.LimitRangeSpec", {
  limits: list(1, LimitRangeItem, { doc: "", required: true, listType: "atomic" }),
})
export type LimitRangeSpec = TypeOf<typeof LimitRangeSpec>

/** TODO(doc) */
export const LimitRange = defineResource({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  shortNames: ["limits"],
  doc: "",
  definition: "io.k8s.api.core.v1.LimitRange",
  fields: {
    spec: message(2, LimitRangeSpec, { doc: "", always: true }),
  },
})
export type LimitRange = ObjectOf<typeof LimitRange>
