import { bool, bytes, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { ContainerStatus } from "./container-messages.ts"
import { PodSandboxStatus } from "./sandbox-messages.ts"

/** Messages of CRI v1 about the runtime itself, its events, and streams into containers. https://github.com/kubernetes/cri-api */

export const VersionRequest = message("runtime.v1.VersionRequest", {
  version: text(1),
})

export const VersionResponse = message("runtime.v1.VersionResponse", {
  version: text(1),
  runtimeName: text(2),
  runtimeVersion: text(3),
  runtimeApiVersion: text(4),
})

export const ExecSyncRequest = message("runtime.v1.ExecSyncRequest", {
  containerId: text(1),
  cmd: repeated(2, "string"),
  timeout: int64(3),
})

export const ExecSyncResponse = message("runtime.v1.ExecSyncResponse", {
  stdout: bytes(1),
  stderr: bytes(2),
  exitCode: int32(3),
})

export const ExecRequest = message("runtime.v1.ExecRequest", {
  containerId: text(1),
  cmd: repeated(2, "string"),
  tty: bool(3),
  stdin: bool(4),
  stdout: bool(5),
  stderr: bool(6),
})

export const ExecResponse = message("runtime.v1.ExecResponse", {
  url: text(1),
})

export const AttachRequest = message("runtime.v1.AttachRequest", {
  containerId: text(1),
  stdin: bool(2),
  tty: bool(3),
  stdout: bool(4),
  stderr: bool(5),
})

export const AttachResponse = message("runtime.v1.AttachResponse", {
  url: text(1),
})

export const PortForwardRequest = message("runtime.v1.PortForwardRequest", {
  podSandboxId: text(1),
  port: repeated(2, "int32"),
})

export const PortForwardResponse = message("runtime.v1.PortForwardResponse", {
  url: text(1),
})

export const NetworkConfig = message("runtime.v1.NetworkConfig", {
  podCidr: text(1),
})

export const RuntimeConfig = message("runtime.v1.RuntimeConfig", {
  networkConfig: nested(1, NetworkConfig),
})

export const UpdateRuntimeConfigRequest = message("runtime.v1.UpdateRuntimeConfigRequest", {
  runtimeConfig: nested(1, RuntimeConfig),
})

export const RuntimeCondition = message("runtime.v1.RuntimeCondition", {
  type: text(1),
  status: bool(2),
  reason: text(3),
  message: text(4),
})

export const RuntimeStatus = message("runtime.v1.RuntimeStatus", {
  conditions: repeated(1, RuntimeCondition),
})

export const StatusRequest = message("runtime.v1.StatusRequest", {
  verbose: bool(1),
})

export const RuntimeHandlerFeatures = message("runtime.v1.RuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: bool(1),
  userNamespaces: bool(2),
})

export const RuntimeHandler = message("runtime.v1.RuntimeHandler", {
  name: text(1),
  features: nested(2, RuntimeHandlerFeatures),
})

export const RuntimeFeatures = message("runtime.v1.RuntimeFeatures", {
  supplementalGroupsPolicy: bool(1),
  userNamespacesHostNetwork: bool(2),
})

export const StatusResponse = message("runtime.v1.StatusResponse", {
  status: nested(1, RuntimeStatus),
  info: map(2, "string"),
  runtimeHandlers: repeated(3, RuntimeHandler),
  features: nested(4, RuntimeFeatures),
})

export const ContainerEventResponse = message("runtime.v1.ContainerEventResponse", {
  containerId: text(1),
  containerEventType: int32(2),
  createdAt: int64(3),
  podSandboxStatus: nested(4, PodSandboxStatus),
  containersStatuses: repeated(5, ContainerStatus),
})

export const LinuxRuntimeConfiguration = message("runtime.v1.LinuxRuntimeConfiguration", {
  cgroupDriver: int32(1),
})

export const RuntimeConfigResponse = message("runtime.v1.RuntimeConfigResponse", {
  linux: nested(1, LinuxRuntimeConfiguration),
})
