import { list, map, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const LabelSelectorRequirement = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement",
  {
    key: string(1, { doc: "The label.", required: true }),
    operator: string(2, { doc: "In, NotIn, Exists or DoesNotExist.", required: true }),
    values: list(3, "string", { doc: "The values for In and NotIn; empty for the others.", listType: "atomic" }),
  },
  { doc: "One requirement on a label." },
)
export type LabelSelectorRequirement = TypeOf<typeof LabelSelectorRequirement>

export const LabelSelector = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  {
    matchLabels: map(1, "string", { doc: "Labels with the values that they must have." }),
    matchExpressions: list(2, LabelSelectorRequirement, {
      doc: "Requirements that must all be met, together with matchLabels.",
      listType: "atomic",
    }),
  },
  { doc: "Selects objects by their labels. All parts must match; an empty one matches everything.", mapType: "atomic" },
)
export type LabelSelector = TypeOf<typeof LabelSelector>

export const FieldSelectorRequirement = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement",
  {
    key: string(1, { doc: "The field.", required: true }),
    operator: string(2, { doc: "In, NotIn, Exists or DoesNotExist.", required: true }),
    values: list(3, "string", { doc: "The values for In and NotIn; empty for the others.", listType: "atomic" }),
  },
  { doc: "One requirement on a field." },
)
export type FieldSelectorRequirement = TypeOf<typeof FieldSelectorRequirement>
