import { bool, Int64Value, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"

/** Messages of CRI v1 about what containers may do and use. https://github.com/kubernetes/cri-api */

export const IDMapping = message("runtime.v1.IDMapping", {
  hostId: int64(1),
  containerId: int64(2),
  length: int64(3),
})

export const UserNamespace = message("runtime.v1.UserNamespace", {
  mode: int32(1),
  uids: repeated(2, IDMapping),
  gids: repeated(3, IDMapping),
})

export const NamespaceOption = message("runtime.v1.NamespaceOption", {
  network: int32(1),
  pid: int32(2),
  ipc: int32(3),
  targetId: text(4),
  usernsOptions: nested(5, UserNamespace),
})

export const SELinuxOption = message("runtime.v1.SELinuxOption", {
  user: text(1),
  role: text(2),
  type: text(3),
  level: text(4),
})

export const SecurityProfile = message("runtime.v1.SecurityProfile", {
  profileType: int32(1),
  localhostRef: text(2),
})

export const LinuxSandboxSecurityContext = message("runtime.v1.LinuxSandboxSecurityContext", {
  namespaceOptions: nested(1, NamespaceOption),
  selinuxOptions: nested(2, SELinuxOption),
  runAsUser: nested(3, Int64Value),
  runAsGroup: nested(8, Int64Value),
  readonlyRootfs: bool(4),
  supplementalGroups: repeated(5, "int64"),
  supplementalGroupsPolicy: int32(11),
  privileged: bool(6),
  seccomp: nested(9, SecurityProfile),
  apparmor: nested(10, SecurityProfile),
  seccompProfilePath: text(7),
})

export const HugepageLimit = message("runtime.v1.HugepageLimit", {
  pageSize: text(1),
  limit: int64(2),
})

export const LinuxContainerResources = message("runtime.v1.LinuxContainerResources", {
  cpuPeriod: int64(1),
  cpuQuota: int64(2),
  cpuShares: int64(3),
  memoryLimitInBytes: int64(4),
  oomScoreAdj: int64(5),
  cpusetCpus: text(6),
  cpusetMems: text(7),
  hugepageLimits: repeated(8, HugepageLimit),
  unified: map(9, "string"),
  memorySwapLimitInBytes: int64(10),
})

export const Capability = message("runtime.v1.Capability", {
  addCapabilities: repeated(1, "string"),
  dropCapabilities: repeated(2, "string"),
  addAmbientCapabilities: repeated(3, "string"),
})

export const LinuxContainerSecurityContext = message("runtime.v1.LinuxContainerSecurityContext", {
  capabilities: nested(1, Capability),
  privileged: bool(2),
  namespaceOptions: nested(3, NamespaceOption),
  selinuxOptions: nested(4, SELinuxOption),
  runAsUser: nested(5, Int64Value),
  runAsGroup: nested(12, Int64Value),
  runAsUsername: text(6),
  readonlyRootfs: bool(7),
  supplementalGroups: repeated(8, "int64"),
  supplementalGroupsPolicy: int32(17),
  noNewPrivs: bool(11),
  maskedPaths: repeated(13, "string"),
  readonlyPaths: repeated(14, "string"),
  seccomp: nested(15, SecurityProfile),
  apparmor: nested(16, SecurityProfile),
  apparmorProfile: text(9),
  seccompProfilePath: text(10),
})
