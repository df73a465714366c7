/** Types of pod sandboxes, after CRI v1 `PodSandboxConfig` and `PodSandboxStatus`. */
import type { LinuxContainerResources, SeccompProfile, SelinuxOptions } from "./container.ts"

declare const sandboxIdBrand: unique symbol
/** Opaque; safe as a file name. */
export type SandboxId = string & { readonly [sandboxIdBrand]: true }

export type StringMap = Readonly<Record<string, string>>

export interface PodSandboxMetadata {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  /** Counts the sandboxes of one pod, from 0. */
  readonly attempt: number
}

/**
 * Where a namespace comes from. POD: shared by the pod's containers; CONTAINER: one each; NODE: the machine's;
 * TARGET (pid only): that of the container `targetId`.
 */
export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET"

export interface IdMapping {
  readonly hostId: number
  readonly containerId: number
  readonly length: number
}

export interface UserNamespace {
  /** POD: a user namespace with the given mappings. NODE: none. */
  readonly mode: "POD" | "NODE"
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
}

export interface NamespaceOptions {
  readonly network: "POD" | "NODE"
  readonly pid: NamespaceMode
  readonly ipc: "POD" | "NODE"
  /** Id of the container whose pid namespace is joined; only with `pid: "TARGET"`. */
  readonly targetId?: string
  readonly userns?: UserNamespace
}

export interface DnsConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP"
  readonly containerPort: number
  readonly hostPort: number
  /** Empty: all addresses of the node. */
  readonly hostIp: string
}

export interface SandboxSecurityContext {
  readonly namespaceOptions: NamespaceOptions
  /** Numeric user of processes that the sandbox itself runs. */
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: "Merge" | "Strict"
  readonly readonlyRootfs?: boolean
  /** True when any container of the pod may be privileged. */
  readonly privileged?: boolean
  readonly seccomp?: SeccompProfile
  readonly apparmor?: SeccompProfile
  readonly selinux?: SelinuxOptions
}

export interface LinuxSandboxConfig {
  /**
   * The pod's cgroup, as a path below every hierarchy's root, such as `/kubepods/burstable/pod<uid>`. The kubelet
   * creates it and sets its limits; the runtime creates it when it is absent, and removes it only then.
   */
  readonly cgroupParent: string
  readonly securityContext: SandboxSecurityContext
  /** Kernel settings of the pod's own namespaces, such as `net.ipv4.ip_unprivileged_port_start`. */
  readonly sysctls: StringMap
  readonly overhead?: LinuxContainerResources
  readonly resources?: LinuxContainerResources
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata
  /** Empty: the node's own host name (host network). */
  readonly hostname: string
  /** Folder of the pod's container logs; created when absent. Container log paths are relative to it. */
  readonly logDirectory: string
  /** Absent: the node's resolv.conf. */
  readonly dnsConfig?: DnsConfig
  readonly portMappings: readonly PortMapping[]
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly linux: LinuxSandboxConfig
}

export type SandboxState = "READY" | "NOTREADY"

export interface PodSandbox {
  readonly id: SandboxId
  readonly metadata: PodSandboxMetadata
  readonly state: SandboxState
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly runtimeHandler: string
}

export interface PodSandboxStatus extends PodSandbox {
  /** The pod's addresses, primary first. Empty with host network. */
  readonly ips: readonly string[]
  readonly namespaceOptions: NamespaceOptions
  /** Path of the pinned network namespace; empty with host network. */
  readonly netnsPath: string
}

export interface PodSandboxFilter {
  readonly id?: SandboxId
  readonly state?: SandboxState
  readonly labelSelector?: StringMap
}
