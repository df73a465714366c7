import { int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ContainerStatus } from "./container-status.ts"
import { ResourceRequirements } from "./resources.ts"

export const PodCondition = struct("io.k8s.api.core.v1.PodCondition", {
  type: string(1, { doc: "", required: true }),
  observedGeneration: int64(7, { doc: "" }),
  status: string(2, { doc: "", required: true }),
  lastProbeTime: time(3, { doc: "" }),
  lastTransitionTime: time(4, { doc: "" }),
  reason: string(5, { doc: "" }),
  message: string(6, { doc: "" }),
})
export type PodCondition = TypeOf<typeof PodCondition>

export const HostIP = struct("io.k8s.api.core.v1.HostIP", {
  ip: string(1, { doc: "", required: true }),
})
export type HostIP = TypeOf<typeof HostIP>

export const PodIP = struct("io.k8s.api.core.v1.PodIP", {
  ip: string(1, { doc: "", required: true }),
})
export type PodIP = TypeOf<typeof PodIP>

export const PodResourceClaimStatus = struct("io.k8s.api.core.v1.PodResourceClaimStatus", {
  name: string(1, { doc: "", required: true }),
  resourceClaimName: string(2, { doc: "", pointer: true }),
})
export type PodResourceClaimStatus = TypeOf<typeof PodResourceClaimStatus>

export const ContainerExtendedResourceRequest = struct("io.k8s.api.core.v1.ContainerExtendedResourceRequest", {
  containerName: string(1, { doc: "", required: true }),
  resourceName: string(2, { doc: "", required: true }),
  requestName: string(3, { doc: "", required: true }),
})
export type ContainerExtendedResourceRequest = TypeOf<typeof ContainerExtendedResourceRequest>

export const PodExtendedResourceClaimStatus = struct("io.k8s.api.core.v1.PodExtendedResourceClaimStatus", {
  requestMappings: list(1, ContainerExtendedResourceRequest, { doc: "", required: true, listType: "atomic" }),
  resourceClaimName: string(2, { doc: "", required: true }),
})
export type PodExtendedResourceClaimStatus = TypeOf<typeof PodExtendedResourceClaimStatus>

export const NodeAllocatableResourceClaimStatus = struct("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", {
  resourceClaimName: string(1, { doc: "", required: true }),
  containers: list(2, "string", { doc: "", listType: "set" }),
  resources: map(3, "quantity", { doc: "", required: true }),
})
export type NodeAllocatableResourceClaimStatus = TypeOf<typeof NodeAllocatableResourceClaimStatus>

export const PodStatus = struct("io.k8s.api.core.v1.PodStatus", {
  observedGeneration: int64(17, { doc: "" }),
  phase: string(1, { doc: "" }),
  conditions: list(2, PodCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
  message: string(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  nominatedNodeName: string(11, { doc: "" }),
  hostIP: string(5, { doc: "" }),
  hostIPs: list(16, HostIP, { doc: "", listType: "atomic", patchStrategy: "merge", mergeKey: "ip" }),
  podIP: string(6, { doc: "" }),
  podIPs: list(12, PodIP, { doc: "", listType: "map", mapKeys: ["ip"], patchStrategy: "merge", mergeKey: "ip" }),
  startTime: time(7, { doc: "" }),
  initContainerStatuses: list(10, ContainerStatus, { doc: "", listType: "atomic" }),
  containerStatuses: list(8, ContainerStatus, { doc: "", listType: "atomic" }),
  qosClass: string(9, { doc: "" }),
  ephemeralContainerStatuses: list(13, ContainerStatus, { doc: "", listType: "atomic" }),
  resize: string(14, { doc: "" }),
  resourceClaimStatuses: list(15, PodResourceClaimStatus, {
    doc: "",
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    mergeKey: "name",
  }),
  extendedResourceClaimStatus: message(18, PodExtendedResourceClaimStatus, { doc: "" }),
  allocatedResources: map(19, "quantity", { doc: "" }),
  resources: message(20, ResourceRequirements, { doc: "" }),
  nodeAllocatableResourceClaimStatuses: list(21, NodeAllocatableResourceClaimStatus, { doc: "", listType: "atomic" }),
})
export type PodStatus = TypeOf<typeof PodStatus>
