import { int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ContainerStatus } from "./container-status.ts"
import { ResourceRequirements } from "./resources.ts"

export const PodCondition = struct(
  "io.k8s.api.core.v1.PodCondition",
  {
    type: string(1, {
      doc: "The aspect, such as PodScheduled, Initialized, ContainersReady or Ready, or one of readinessGates.",
      required: true,
    }),
    observedGeneration: int64(7, { doc: "The metadata.generation of the pod from which the condition was made." }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastProbeTime: time(3, { doc: "When the aspect was last looked at. Usually not filled in." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(6, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how far a pod is." },
)
export type PodCondition = TypeOf<typeof PodCondition>

export const HostIP = struct(
  "io.k8s.api.core.v1.HostIP",
  {
    ip: string(1, { doc: "The address.", required: true }),
  },
  { doc: "An address of a node." },
)
export type HostIP = TypeOf<typeof HostIP>

export const PodIP = struct(
  "io.k8s.api.core.v1.PodIP",
  {
    ip: string(1, { doc: "The address.", required: true }),
  },
  { doc: "An address of a pod." },
)
export type PodIP = TypeOf<typeof PodIP>

export const PodResourceClaimStatus = struct(
  "io.k8s.api.core.v1.PodResourceClaimStatus",
  {
    name: string(1, { doc: "The name of the entry in spec.resourceClaims.", required: true }),
    resourceClaimName: string(2, {
      doc: "The claim that was made for it; absent when none was needed.",
      pointer: true,
    }),
  },
  { doc: "Which claim stands for an entry of the pod's resourceClaims." },
)
export type PodResourceClaimStatus = TypeOf<typeof PodResourceClaimStatus>

export const ContainerExtendedResourceRequest = struct(
  "io.k8s.api.core.v1.ContainerExtendedResourceRequest",
  {
    containerName: string(1, { doc: "The container that asks for the resource.", required: true }),
    resourceName: string(2, { doc: "The extended resource that it asks for.", required: true }),
    requestName: string(3, { doc: "The name of the matching request in the claim.", required: true }),
  },
  { doc: "Where in the generated claim a resource of a container is found." },
)
export type ContainerExtendedResourceRequest = TypeOf<typeof ContainerExtendedResourceRequest>

export const PodExtendedResourceClaimStatus = struct(
  "io.k8s.api.core.v1.PodExtendedResourceClaimStatus",
  {
    requestMappings: list(1, ContainerExtendedResourceRequest, {
      doc: "Which request of the claim stands for which resource of which container.",
      required: true,
      listType: "atomic",
    }),
    resourceClaimName: string(2, { doc: "The name of the claim, in the pod's namespace.", required: true }),
  },
  { doc: "The claim that was generated for extended resources of a pod." },
)
export type PodExtendedResourceClaimStatus = TypeOf<typeof PodExtendedResourceClaimStatus>

export const NodeAllocatableResourceClaimStatus = struct(
  "io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus",
  {
    resourceClaimName: string(1, { doc: "The claim.", required: true }),
    containers: list(2, "string", { doc: "The containers of the pod that use it.", listType: "set" }),
    resources: map(3, "quantity", { doc: "How much of each resource the claim was given.", required: true }),
  },
  { doc: "What a resource claim takes from a node's cpu, memory and similar resources." },
)
export type NodeAllocatableResourceClaimStatus = TypeOf<typeof NodeAllocatableResourceClaimStatus>

export const PodStatus = struct(
  "io.k8s.api.core.v1.PodStatus",
  {
    observedGeneration: int64(17, { doc: "The metadata.generation that the node last took into account." }),
    phase: string(1, {
      doc: "Pending, Running, Succeeded, Failed or Unknown: a summary of all containers. The conditions and container states tell more.",
    }),
    conditions: list(2, PodCondition, {
      doc: "How far the pod is, aspect by aspect; Ready decides whether services send it traffic.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    message: string(3, { doc: "Why the pod is in this phase, in words for people." }),
    reason: string(4, { doc: "Why the pod is in this phase, as one word such as Evicted." }),
    nominatedNodeName: string(11, {
      doc: "The node on which others are being ended to make room for this pod. It may still be placed elsewhere.",
    }),
    hostIP: string(5, { doc: "The address of the pod's node." }),
    hostIPs: list(16, HostIP, {
      doc: "The addresses of the pod's node, at most one for each IP family.",
      listType: "atomic",
      patchStrategy: "merge",
      mergeKey: "ip",
    }),
    podIP: string(6, { doc: "The address of the pod. Empty until it has one." }),
    podIPs: list(12, PodIP, {
      doc: "The addresses of the pod, at most one for each IP family. The first one equals podIP.",
      listType: "map",
      mapKeys: ["ip"],
      patchStrategy: "merge",
      mergeKey: "ip",
    }),
    startTime: time(7, { doc: "When the kubelet took up the pod, before it pulled images." }),
    initContainerStatuses: list(10, ContainerStatus, {
      doc: "The state of each init container, in the order of the spec.",
      listType: "atomic",
    }),
    containerStatuses: list(8, ContainerStatus, { doc: "The state of each container.", listType: "atomic" }),
    qosClass: string(9, {
      doc: "How likely the pod is to be ended when its node runs out of memory: Guaranteed (last), Burstable or BestEffort (first). Follows from requests and limits.",
    }),
    ephemeralContainerStatuses: list(13, ContainerStatus, {
      doc: "The state of each ephemeral container.",
      listType: "atomic",
    }),
    resize: string(14, { doc: "No longer filled in; see the conditions PodResizePending and PodResizeInProgress." }),
    resourceClaimStatuses: list(15, PodResourceClaimStatus, {
      doc: "Which claims stand for the entries of spec.resourceClaims.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
    }),
    extendedResourceClaimStatus: message(18, PodExtendedResourceClaimStatus, {
      doc: "The claim that was generated for extended resources that devices stand behind.",
    }),
    allocatedResources: map(19, "quantity", { doc: "What the node has set aside for the pod as a whole." }),
    resources: message(20, ResourceRequirements, {
      doc: "The requests and limits that are in force for the pod as a whole, if the spec sets any.",
    }),
    nodeAllocatableResourceClaimStatuses: list(21, NodeAllocatableResourceClaimStatus, {
      doc: "What resource claims of the pod take from the node's cpu, memory and similar resources.",
      listType: "atomic",
    }),
  },
  { doc: "How far a pod is, as its node reports it." },
)
export type PodStatus = TypeOf<typeof PodStatus>
