import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector, NodeSelectorTerm } from "./node-selector.ts"

export const PreferredSchedulingTerm = struct(
  "io.k8s.api.core.v1.PreferredSchedulingTerm",
  {
    weight: int32(1, {
      doc: "How much it counts, 1 to 100. The weights of all terms that match a node are added up.",
      required: true,
    }),
    preference: message(2, NodeSelectorTerm, { doc: "Which nodes are preferred.", required: true }),
  },
  { doc: "Nodes that the scheduler should prefer." },
)
export type PreferredSchedulingTerm = TypeOf<typeof PreferredSchedulingTerm>

export const NodeAffinity = struct(
  "io.k8s.api.core.v1.NodeAffinity",
  {
    requiredDuringSchedulingIgnoredDuringExecution: message(1, NodeSelector, {
      doc: "Nodes on which the pod must run. If labels change later, a running pod stays.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, PreferredSchedulingTerm, {
      doc: "Nodes on which the pod should run if it can.",
      listType: "atomic",
    }),
  },
  { doc: "On which nodes a pod must or should run." },
)
export type NodeAffinity = TypeOf<typeof NodeAffinity>

export const PodAffinityTerm = struct(
  "io.k8s.api.core.v1.PodAffinityTerm",
  {
    labelSelector: message(1, LabelSelector, { doc: "Labels of the pods that are meant. Absent: none; empty: all." }),
    namespaces: list(2, "string", {
      doc: "The namespaces of the pods that are meant. Default, if namespaceSelector is absent too: the pod's own.",
      listType: "atomic",
    }),
    topologyKey: string(3, {
      doc: "The node label whose value says which nodes belong together, such as topology.kubernetes.io/zone or kubernetes.io/hostname.",
      required: true,
    }),
    namespaceSelector: message(4, LabelSelector, {
      doc: "Further namespaces, by their labels. An empty selector means all namespaces.",
    }),
    matchLabelKeys: list(5, "string", {
      doc: "Labels whose values are taken from the new pod: others must have the same, such as the same pod-template-hash. Needs labelSelector.",
      listType: "atomic",
    }),
    mismatchLabelKeys: list(6, "string", {
      doc: "Labels whose values are taken from the new pod: others must have different ones. Needs labelSelector.",
      listType: "atomic",
    }),
  },
  { doc: "Pods, and the part of the cluster around each of them." },
)
export type PodAffinityTerm = TypeOf<typeof PodAffinityTerm>

export const WeightedPodAffinityTerm = struct(
  "io.k8s.api.core.v1.WeightedPodAffinityTerm",
  {
    weight: int32(1, { doc: "How much it counts, 1 to 100.", required: true }),
    podAffinityTerm: message(2, PodAffinityTerm, { doc: "Which pods, and what counts as near them.", required: true }),
  },
  { doc: "A wish about other pods, and how much it counts." },
)
export type WeightedPodAffinityTerm = TypeOf<typeof WeightedPodAffinityTerm>

export const PodAffinity = struct(
  "io.k8s.api.core.v1.PodAffinity",
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(1, PodAffinityTerm, {
      doc: "Pods that the pod must be near, all of them. If their labels change later, it stays.",
      listType: "atomic",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, WeightedPodAffinityTerm, {
      doc: "Pods that the pod should be near if it can.",
      listType: "atomic",
    }),
  },
  { doc: "Near which other pods a pod must or should run." },
)
export type PodAffinity = TypeOf<typeof PodAffinity>

export const PodAntiAffinity = struct(
  "io.k8s.api.core.v1.PodAntiAffinity",
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(1, PodAffinityTerm, {
      doc: "Pods that the pod must not be near, not one of them. If their labels change later, it stays.",
      listType: "atomic",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(2, WeightedPodAffinityTerm, {
      doc: "Pods that the pod should not be near if it can.",
      listType: "atomic",
    }),
  },
  { doc: "Away from which other pods a pod must or should run." },
)
export type PodAntiAffinity = TypeOf<typeof PodAntiAffinity>

export const Affinity = struct(
  "io.k8s.api.core.v1.Affinity",
  {
    nodeAffinity: message(1, NodeAffinity, { doc: "On which nodes the pod must or should run." }),
    podAffinity: message(2, PodAffinity, { doc: "Near which other pods it must or should run." }),
    podAntiAffinity: message(3, PodAntiAffinity, { doc: "Away from which other pods it must or should run." }),
  },
  { doc: "Rules about nodes and other pods for the scheduler." },
)
export type Affinity = TypeOf<typeof Affinity>

export const TopologySpreadConstraint = struct(
  "io.k8s.api.core.v1.TopologySpreadConstraint",
  {
    maxSkew: int32(1, {
      doc: "By how many pods two parts may differ; at least 1. With ScheduleAnyway it is a preference only.",
      required: true,
    }),
    topologyKey: string(2, {
      doc: "The node label whose values are the parts, such as topology.kubernetes.io/zone. Nodes without it take no part.",
      required: true,
    }),
    whenUnsatisfiable: string(3, {
      doc: "DoNotSchedule leaves the pod pending rather than break the rule; ScheduleAnyway only prefers nodes that keep it.",
      required: true,
    }),
    labelSelector: message(4, LabelSelector, {
      doc: "Labels of the pods that are counted, in the pod's own namespace.",
    }),
    minDomains: int32(5, {
      doc: "As long as there are fewer parts than this, the smallest count is taken as 0. At least 1, only with DoNotSchedule. Default 1.",
      pointer: true,
    }),
    nodeAffinityPolicy: string(6, {
      doc: "Whether nodes that nodeSelector and nodeAffinity rule out are left out of the count: Honor (the default) or Ignore.",
      pointer: true,
    }),
    nodeTaintsPolicy: string(7, {
      doc: "Whether nodes whose taints the pod does not tolerate are left out of the count: Honor or Ignore (the default).",
      pointer: true,
    }),
    matchLabelKeys: list(8, "string", {
      doc: "Labels whose values are taken from the new pod: only pods with the same are counted. Needs labelSelector.",
      listType: "atomic",
    }),
  },
  { doc: "How evenly certain pods are spread over a part of the cluster, such as its zones." },
)
export type TopologySpreadConstraint = TypeOf<typeof TopologySpreadConstraint>
