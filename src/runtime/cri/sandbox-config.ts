import { int32, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { LinuxContainerResources, LinuxSandboxSecurityContext } from "./security-messages.ts"
import { PodSandboxMetadata } from "./stats-messages.ts"

/** How a pod sandbox is to be, in CRI v1. https://github.com/kubernetes/cri-api */

export const DNSConfig = message("runtime.v1.DNSConfig", {
  servers: repeated(1, "string"),
  searches: repeated(2, "string"),
  options: repeated(3, "string"),
})

export const PortMapping = message("runtime.v1.PortMapping", {
  protocol: int32(1),
  containerPort: int32(2),
  hostPort: int32(3),
  hostIp: text(4),
})

export const LinuxPodSandboxConfig = message("runtime.v1.LinuxPodSandboxConfig", {
  cgroupParent: text(1),
  securityContext: nested(2, LinuxSandboxSecurityContext),
  sysctls: map(3, "string"),
  overhead: nested(4, LinuxContainerResources),
  resources: nested(5, LinuxContainerResources),
})

export const PodSandboxConfig = message("runtime.v1.PodSandboxConfig", {
  metadata: nested(1, PodSandboxMetadata),
  hostname: text(2),
  logDirectory: text(3),
  dnsConfig: nested(4, DNSConfig),
  portMappings: repeated(5, PortMapping),
  labels: map(6, "string"),
  annotations: map(7, "string"),
  linux: nested(8, LinuxPodSandboxConfig),
})
