import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector, NodeSelectorTerm } from "./node-selector.ts"

export const PreferredSchedulingTerm = struct("io.k8s.api.core.v1.PreferredSchedulingTerm", {
  weight: int32(1, { doc: "", required: true }),
  preference: message(2, NodeSelectorTerm, { doc: "", required: true }),
})
export type PreferredSchedulingTerm = TypeOf<typeof PreferredSchedulingTerm>

export const NodeAffinity = struct("io.k8s.api.core.v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: message(1, NodeSelector, { doc: "" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, PreferredSchedulingTerm, { doc: "", listType: "atomic" }),
})
export type NodeAffinity = TypeOf<typeof NodeAffinity>

export const PodAffinityTerm = struct("io.k8s.api.core.v1.PodAffinityTerm", {
  labelSelector: message(1, LabelSelector, { doc: "" }),
  namespaces: list(2, "string", { doc: "", listType: "atomic" }),
  topologyKey: string(3, { doc: "", required: true }),
  namespaceSelector: message(4, LabelSelector, { doc: "" }),
  matchLabelKeys: list(5, "string", { doc: "", listType: "atomic" }),
  mismatchLabelKeys: list(6, "string", { doc: "", listType: "atomic" }),
})
export type PodAffinityTerm = TypeOf<typeof PodAffinityTerm>

export const WeightedPodAffinityTerm = struct("io.k8s.api.core.v1.WeightedPodAffinityTerm", {
  weight: int32(1, { doc: "", required: true }),
  podAffinityTerm: message(2, PodAffinityTerm, { doc: "", required: true }),
})
export type WeightedPodAffinityTerm = TypeOf<typeof WeightedPodAffinityTerm>

export const PodAffinity = struct("io.k8s.api.core.v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, PodAffinityTerm, { doc: "", listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, WeightedPodAffinityTerm, { doc: "", listType: "atomic" }),
})
export type PodAffinity = TypeOf<typeof PodAffinity>

export const PodAntiAffinity = struct("io.k8s.api.core.v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(1, PodAffinityTerm, { doc: "", listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(2, WeightedPodAffinityTerm, { doc: "", listType: "atomic" }),
})
export type PodAntiAffinity = TypeOf<typeof PodAntiAffinity>

export const Affinity = struct("io.k8s.api.core.v1.Affinity", {
  nodeAffinity: message(1, NodeAffinity, { doc: "" }),
  podAffinity: message(2, PodAffinity, { doc: "" }),
  podAntiAffinity: message(3, PodAntiAffinity, { doc: "" }),
})
export type Affinity = TypeOf<typeof Affinity>

export const TopologySpreadConstraint = struct("io.k8s.api.core.v1.TopologySpreadConstraint", {
  maxSkew: int32(1, { doc: "", required: true }),
  topologyKey: string(2, { doc: "", required: true }),
  whenUnsatisfiable: string(3, { doc: "", required: true }),
  labelSelector: message(4, LabelSelector, { doc: "" }),
  minDomains: int32(5, { doc: "", pointer: true }),
  nodeAffinityPolicy: string(6, { doc: "", pointer: true }),
  nodeTaintsPolicy: string(7, { doc: "", pointer: true }),
  matchLabelKeys: list(8, "string", { doc: "", listType: "atomic" }),
})
export type TopologySpreadConstraint = TypeOf<typeof TopologySpreadConstraint>
