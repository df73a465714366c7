import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const NodeSelectorRequirement = struct(
  "io.k8s.api.core.v1.NodeSelectorRequirement",
  {
    key: string(1, { doc: "The label, or the field, that is compared.", required: true }),
    operator: string(2, { doc: "In, NotIn, Exists, DoesNotExist, Gt or Lt.", required: true }),
    values: list(3, "string", {
      doc: "What to compare with: one or more for In and NotIn, exactly one whole number for Gt and Lt, none for the others.",
      listType: "atomic",
    }),
  },
  { doc: "A condition on a label or field of a node." },
)
export type NodeSelectorRequirement = TypeOf<typeof NodeSelectorRequirement>

export const NodeSelectorTerm = struct(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  {
    matchExpressions: list(1, NodeSelectorRequirement, { doc: "Conditions on the node's labels.", listType: "atomic" }),
    matchFields: list(2, NodeSelectorRequirement, {
      doc: "Conditions on the node's fields; only metadata.name is supported.",
      listType: "atomic",
    }),
  },
  { doc: "Conditions on a node that must all hold. A term without any matches no node.", mapType: "atomic" },
)
export type NodeSelectorTerm = TypeOf<typeof NodeSelectorTerm>

export const NodeSelector = struct(
  "io.k8s.api.core.v1.NodeSelector",
  {
    nodeSelectorTerms: list(1, NodeSelectorTerm, {
      doc: "The terms; a node needs to match only one of them.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "Nodes that match at least one of several terms.", mapType: "atomic" },
)
export type NodeSelector = TypeOf<typeof NodeSelector>

export const TopologySelectorLabelRequirement = struct(
  "io.k8s.api.core.v1.TopologySelectorLabelRequirement",
  {
    key: string(1, { doc: "The label.", required: true }),
    values: list(2, "string", {
      doc: "The values, one of which the label must have.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "A label with the values that it may have." },
)
export type TopologySelectorLabelRequirement = TypeOf<typeof TopologySelectorLabelRequirement>

export const TopologySelectorTerm = struct(
  "io.k8s.api.core.v1.TopologySelectorTerm",
  {
    matchLabelExpressions: list(1, TopologySelectorLabelRequirement, {
      doc: "The labels and their values.",
      listType: "atomic",
    }),
  },
  { doc: "Places in the cluster, described by labels that must all match.", mapType: "atomic" },
)
export type TopologySelectorTerm = TypeOf<typeof TopologySelectorTerm>
