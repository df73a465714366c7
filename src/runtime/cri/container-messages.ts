import { bool, bytes, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { PodSandboxConfig } from "./sandbox-config.ts"
import { IDMapping, LinuxContainerResources, LinuxContainerSecurityContext } from "./security-messages.ts"
import { ContainerMetadata } from "./stats-messages.ts"

/** Messages of CRI v1 about containers. https://github.com/kubernetes/cri-api */

export const ImageSpec = message("runtime.v1.ImageSpec", {
  image: text(1),
  annotations: map(2, "string"),
  userSpecifiedImage: text(18),
  runtimeHandler: text(19),
  imageRef: text(20),
})

export const Mount = message("runtime.v1.Mount", {
  containerPath: text(1),
  hostPath: text(2),
  readonly: bool(3),
  selinuxRelabel: bool(4),
  propagation: int32(5),
  uidMappings: repeated(6, IDMapping),
  gidMappings: repeated(7, IDMapping),
  recursiveReadOnly: bool(8),
  image: nested(9, ImageSpec),
  imageSubPath: text(10),
})

export const ContainerResources = message("runtime.v1.ContainerResources", {
  linux: nested(1, LinuxContainerResources),
})

export const LinuxContainerUser = message("runtime.v1.LinuxContainerUser", {
  uid: int64(1),
  gid: int64(2),
  supplementalGroups: repeated(3, "int64"),
})

export const ContainerUser = message("runtime.v1.ContainerUser", {
  linux: nested(1, LinuxContainerUser),
})

export const ContainerStatus = message("runtime.v1.ContainerStatus", {
  id: text(1),
  metadata: nested(2, ContainerMetadata),
  state: int32(3),
  createdAt: int64(4),
  startedAt: int64(5),
  finishedAt: int64(6),
  exitCode: int32(7),
  image: nested(8, ImageSpec),
  imageRef: text(9),
  reason: text(10),
  message: text(11),
  labels: map(12, "string"),
  annotations: map(13, "string"),
  mounts: repeated(14, Mount),
  logPath: text(15),
  resources: nested(16, ContainerResources),
  imageId: text(17),
  user: nested(18, ContainerUser),
  stopSignal: int32(19),
})

export const KeyValue = message("runtime.v1.KeyValue", {
  key: text(1),
  value: bytes(2),
})

export const LinuxContainerConfig = message("runtime.v1.LinuxContainerConfig", {
  resources: nested(1, LinuxContainerResources),
  securityContext: nested(2, LinuxContainerSecurityContext),
})

export const Device = message("runtime.v1.Device", {
  containerPath: text(1),
  hostPath: text(2),
  permissions: text(3),
})

export const CDIDevice = message("runtime.v1.CDIDevice", {
  name: text(1),
})

export const ContainerConfig = message("runtime.v1.ContainerConfig", {
  metadata: nested(1, ContainerMetadata),
  image: nested(2, ImageSpec),
  command: repeated(3, "string"),
  args: repeated(4, "string"),
  workingDir: text(5),
  envs: repeated(6, KeyValue),
  mounts: repeated(7, Mount),
  devices: repeated(8, Device),
  labels: map(9, "string"),
  annotations: map(10, "string"),
  logPath: text(11),
  stdin: bool(12),
  stdinOnce: bool(13),
  tty: bool(14),
  linux: nested(15, LinuxContainerConfig),
  CDIDevices: repeated(17, CDIDevice),
  stopSignal: int32(18),
})

export const CreateContainerRequest = message("runtime.v1.CreateContainerRequest", {
  podSandboxId: text(1),
  config: nested(2, ContainerConfig),
  sandboxConfig: nested(3, PodSandboxConfig),
})

export const CreateContainerResponse = message("runtime.v1.CreateContainerResponse", {
  containerId: text(1),
})

export const StartContainerRequest = message("runtime.v1.StartContainerRequest", {
  containerId: text(1),
})

export const StopContainerRequest = message("runtime.v1.StopContainerRequest", {
  containerId: text(1),
  timeout: int64(2),
})

export const RemoveContainerRequest = message("runtime.v1.RemoveContainerRequest", {
  containerId: text(1),
})

export const ContainerStateValue = message("runtime.v1.ContainerStateValue", {
  state: int32(1),
})

export const ContainerFilter = message("runtime.v1.ContainerFilter", {
  id: text(1),
  state: nested(2, ContainerStateValue),
  podSandboxId: text(3),
  labelSelector: map(4, "string"),
})

export const ListContainersRequest = message("runtime.v1.ListContainersRequest", {
  filter: nested(1, ContainerFilter),
})

export const Container = message("runtime.v1.Container", {
  id: text(1),
  podSandboxId: text(2),
  metadata: nested(3, ContainerMetadata),
  image: nested(4, ImageSpec),
  imageRef: text(5),
  state: int32(6),
  createdAt: int64(7),
  labels: map(8, "string"),
  annotations: map(9, "string"),
  imageId: text(10),
})

export const ListContainersResponse = message("runtime.v1.ListContainersResponse", {
  containers: repeated(1, Container),
})

export const StreamContainersRequest = message("runtime.v1.StreamContainersRequest", {
  filter: nested(1, ContainerFilter),
})

export const StreamContainersResponse = message("runtime.v1.StreamContainersResponse", {
  containers: repeated(1, Container),
})

export const ContainerStatusRequest = message("runtime.v1.ContainerStatusRequest", {
  containerId: text(1),
  verbose: bool(2),
})

export const ContainerStatusResponse = message("runtime.v1.ContainerStatusResponse", {
  status: nested(1, ContainerStatus),
  info: map(2, "string"),
})

export const UpdateContainerResourcesRequest = message("runtime.v1.UpdateContainerResourcesRequest", {
  containerId: text(1),
  linux: nested(2, LinuxContainerResources),
  annotations: map(4, "string"),
})

export const ReopenContainerLogRequest = message("runtime.v1.ReopenContainerLogRequest", {
  containerId: text(1),
})

export const CheckpointContainerRequest = message("runtime.v1.CheckpointContainerRequest", {
  containerId: text(1),
  location: text(2),
  timeout: int64(3),
})
