import { bool, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { ContainerStatus } from "./container-messages.ts"
import { PodSandboxConfig } from "./sandbox-config.ts"
import { LinuxContainerResources, NamespaceOption } from "./security-messages.ts"
import { PodSandboxMetadata } from "./stats-messages.ts"

/** Messages of CRI v1 about pod sandboxes. https://github.com/kubernetes/cri-api */

export const RunPodSandboxRequest = message("runtime.v1.RunPodSandboxRequest", {
  config: nested(1, PodSandboxConfig),
  runtimeHandler: text(2),
})

export const RunPodSandboxResponse = message("runtime.v1.RunPodSandboxResponse", {
  podSandboxId: text(1),
})

export const StopPodSandboxRequest = message("runtime.v1.StopPodSandboxRequest", {
  podSandboxId: text(1),
})

export const RemovePodSandboxRequest = message("runtime.v1.RemovePodSandboxRequest", {
  podSandboxId: text(1),
})

export const PodSandboxStatusRequest = message("runtime.v1.PodSandboxStatusRequest", {
  podSandboxId: text(1),
  verbose: bool(2),
})

export const PodIP = message("runtime.v1.PodIP", {
  ip: text(1),
})

export const PodSandboxNetworkStatus = message("runtime.v1.PodSandboxNetworkStatus", {
  ip: text(1),
  additionalIps: repeated(2, PodIP),
})

export const Namespace = message("runtime.v1.Namespace", {
  options: nested(2, NamespaceOption),
})

export const LinuxPodSandboxStatus = message("runtime.v1.LinuxPodSandboxStatus", {
  namespaces: nested(1, Namespace),
})

export const PodSandboxStatus = message("runtime.v1.PodSandboxStatus", {
  id: text(1),
  metadata: nested(2, PodSandboxMetadata),
  state: int32(3),
  createdAt: int64(4),
  network: nested(5, PodSandboxNetworkStatus),
  linux: nested(6, LinuxPodSandboxStatus),
  labels: map(7, "string"),
  annotations: map(8, "string"),
  runtimeHandler: text(9),
})

export const PodSandboxStatusResponse = message("runtime.v1.PodSandboxStatusResponse", {
  status: nested(1, PodSandboxStatus),
  info: map(2, "string"),
  containersStatuses: repeated(3, ContainerStatus),
  timestamp: int64(4),
})

export const PodSandboxStateValue = message("runtime.v1.PodSandboxStateValue", {
  state: int32(1),
})

export const PodSandboxFilter = message("runtime.v1.PodSandboxFilter", {
  id: text(1),
  state: nested(2, PodSandboxStateValue),
  labelSelector: map(3, "string"),
})

export const ListPodSandboxRequest = message("runtime.v1.ListPodSandboxRequest", {
  filter: nested(1, PodSandboxFilter),
})

export const PodSandbox = message("runtime.v1.PodSandbox", {
  id: text(1),
  metadata: nested(2, PodSandboxMetadata),
  state: int32(3),
  createdAt: int64(4),
  labels: map(5, "string"),
  annotations: map(6, "string"),
  runtimeHandler: text(7),
})

export const ListPodSandboxResponse = message("runtime.v1.ListPodSandboxResponse", {
  items: repeated(1, PodSandbox),
})

export const StreamPodSandboxesRequest = message("runtime.v1.StreamPodSandboxesRequest", {
  filter: nested(1, PodSandboxFilter),
})

export const StreamPodSandboxesResponse = message("runtime.v1.StreamPodSandboxesResponse", {
  podSandboxes: repeated(1, PodSandbox),
})

export const UpdatePodSandboxResourcesRequest = message("runtime.v1.UpdatePodSandboxResourcesRequest", {
  podSandboxId: text(1),
  overhead: nested(2, LinuxContainerResources),
  resources: nested(3, LinuxContainerResources),
})
