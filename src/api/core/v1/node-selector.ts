import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const NodeSelectorRequirement = struct("io.k8s.api.core.v1.NodeSelectorRequirement", {
  key: string(1, { doc: "", required: true }),
  operator: string(2, { doc: "", required: true }),
  values: list(3, "string", { doc: "", listType: "atomic" }),
})
export type NodeSelectorRequirement = TypeOf<typeof NodeSelectorRequirement>

export const NodeSelectorTerm = struct(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  {
    matchExpressions: list(1, NodeSelectorRequirement, { doc: "", listType: "atomic" }),
    matchFields: list(2, NodeSelectorRequirement, { doc: "", listType: "atomic" }),
  },
  { mapType: "atomic" },
)
export type NodeSelectorTerm = TypeOf<typeof NodeSelectorTerm>

export const NodeSelector = struct(
  "io.k8s.api.core.v1.NodeSelector",
  {
    nodeSelectorTerms: list(1, NodeSelectorTerm, { doc: "", required: true, listType: "atomic" }),
  },
  { mapType: "atomic" },
)
export type NodeSelector = TypeOf<typeof NodeSelector>

export const TopologySelectorLabelRequirement = struct("io.k8s.api.core.v1.TopologySelectorLabelRequirement", {
  key: string(1, { doc: "", required: true }),
  values: list(2, "string", { doc: "", required: true, listType: "atomic" }),
})
export type TopologySelectorLabelRequirement = TypeOf<typeof TopologySelectorLabelRequirement>

export const TopologySelectorTerm = struct(
  "io.k8s.api.core.v1.TopologySelectorTerm",
  {
    matchLabelExpressions: list(1, TopologySelectorLabelRequirement, { doc: "", listType: "atomic" }),
  },
  { mapType: "atomic" },
)
export type TopologySelectorTerm = TypeOf<typeof TopologySelectorTerm>
