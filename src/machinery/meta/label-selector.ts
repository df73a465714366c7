import { list, map, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const LabelSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", {
  key: string(1, { doc: "", required: true }),
  operator: string(2, { doc: "", required: true }),
  values: list(3, "string", { doc: "", listType: "atomic" }),
})
export type LabelSelectorRequirement = TypeOf<typeof LabelSelectorRequirement>

export const LabelSelector = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  {
    matchLabels: map(1, "string", { doc: "" }),
    matchExpressions: list(2, LabelSelectorRequirement, { doc: "", listType: "atomic" }),
  },
  { mapType: "atomic" },
)
export type LabelSelector = TypeOf<typeof LabelSelector>

export const FieldSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", {
  key: string(1, { doc: "", required: true }),
  operator: string(2, { doc: "", required: true }),
  values: list(3, "string", { doc: "", listType: "atomic" }),
})
export type FieldSelectorRequirement = TypeOf<typeof FieldSelectorRequirement>
