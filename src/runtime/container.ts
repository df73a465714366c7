/** Types of containers, after CRI v1 `ContainerConfig` and `ContainerStatus`. */
import type { NamespaceOptions, SandboxId, StringMap } from "./sandbox.ts"

declare const containerIdBrand: unique symbol
/** Opaque; safe as a file name. Without the `gantry://` or other scheme prefix. */
export type ContainerId = string & { readonly [containerIdBrand]: true }

export interface ContainerMetadata {
  readonly name: string
  /** Counts the restarts of this container in its pod, from 0. */
  readonly attempt: number
}

export interface ImageSpec {
  /** A reference that the image store resolves: a name with tag or digest, or an image id. */
  readonly image: string
  /** What the user wrote, for status. */
  readonly userSpecifiedImage: string
  readonly runtimeHandler?: string
}

export interface EnvVar {
  readonly name: string
  readonly value: string
}

export type MountPropagation = "PRIVATE" | "HOST_TO_CONTAINER" | "BIDIRECTIONAL"

export interface Mount {
  readonly containerPath: string
  /** Empty when `image` is given. */
  readonly hostPath: string
  readonly readonly: boolean
  readonly selinuxRelabel?: boolean
  readonly propagation: MountPropagation
  /** Makes every mount below read-only as well (needs Linux 5.12). Needs `readonly` and PRIVATE propagation. */
  readonly recursiveReadOnly?: boolean
  /** Mounts the content of an image, read-only. */
  readonly image?: ImageSpec
  /** Folder inside `image` to mount instead of its root. */
  readonly imageSubPath?: string
}

export interface Device {
  readonly containerPath: string
  readonly hostPath: string
  /** Any of r, w, m. */
  readonly permissions: string
}

export interface HugepageLimit {
  /** Such as `2MB` or `1GB`. */
  readonly pageSize: string
  readonly limitBytes: number
}

/** Absent fields mean no limit at creation, and no change at update. */
export interface LinuxContainerResources {
  /** Microseconds. */
  readonly cpuPeriod?: number
  /** Microseconds per period; -1 for none. */
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitBytes?: number
  readonly memorySwapLimitBytes?: number
  readonly oomScoreAdj?: number
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly hugepageLimits?: readonly HugepageLimit[]
  /** cgroup v2 files and values; refused on v1. */
  readonly unified?: StringMap
  readonly pidsLimit?: number
}

export interface SeccompProfile {
  readonly type: "RuntimeDefault" | "Unconfined" | "Localhost"
  /** Localhost: absolute path of the profile (seccomp), or the name of a loaded profile (AppArmor). */
  readonly localhostRef?: string
}

export interface SelinuxOptions {
  readonly user?: string
  readonly role?: string
  readonly type?: string
  readonly level?: string
}

export interface ContainerSecurityContext {
  readonly privileged: boolean
  readonly namespaceOptions: NamespaceOptions
  /** Names without the `CAP_` prefix, or `ALL`. */
  readonly capabilitiesAdd: readonly string[]
  readonly capabilitiesDrop: readonly string[]
  readonly capabilitiesAddAmbient?: readonly string[]
  /** Wins over `runAsUsername`; when both are absent the image's user applies. */
  readonly runAsUser?: number
  readonly runAsUsername?: string
  /** Needs `runAsUser` or `runAsUsername`. */
  readonly runAsGroup?: number
  readonly supplementalGroups: readonly number[]
  /** Merge (the default) adds the groups that the image's /etc/group gives the user. */
  readonly supplementalGroupsPolicy?: "Merge" | "Strict"
  readonly readonlyRootfs: boolean
  readonly noNewPrivs: boolean
  /** Absent: the runtime's defaults (procMount Default). Empty: none (procMount Unmasked). */
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
  /** Absent: Unconfined. */
  readonly seccomp?: SeccompProfile
  /** Absent: RuntimeDefault, which is no confinement where AppArmor is off. */
  readonly apparmor?: SeccompProfile
  readonly selinux?: SelinuxOptions
}

export interface LinuxContainerConfig {
  readonly resources: LinuxContainerResources
  readonly securityContext: ContainerSecurityContext
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec
  /** Replaces the image's entrypoint when not empty; then the image's command is dropped too. */
  readonly command: readonly string[]
  /** Replaces the image's command when not empty. */
  readonly args: readonly string[]
  /** Empty: the image's folder, else `/`. */
  readonly workingDir: string
  /** Added to, and winning over, the image's environment. */
  readonly envs: readonly EnvVar[]
  readonly mounts: readonly Mount[]
  readonly devices: readonly Device[]
  /** Names of devices that files of their vendors describe (CDI), such as `vendor.com/gpu=0`. */
  readonly cdiDevices?: readonly string[]
  readonly labels: StringMap
  readonly annotations: StringMap
  /** Relative to the sandbox's log folder. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  /** Signal that asks the container to end, such as `SIGTERM`. Absent: the image's, else SIGTERM. */
  readonly stopSignal?: string
  readonly linux: LinuxContainerConfig
}

/**
 * createContainer → CREATED → startContainer → RUNNING → the process ends → EXITED.
 * CREATED goes to EXITED when the start fails. UNKNOWN: the state could not be read.
 */
export type ContainerState = "CREATED" | "RUNNING" | "EXITED" | "UNKNOWN"

export interface Container {
  readonly id: ContainerId
  readonly sandboxId: SandboxId
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec
  /** The image by digest (`name@sha256:…`), or its id when it has no digest. */
  readonly imageRef: string
  /** Digest of the image's configuration. */
  readonly imageId: string
  readonly state: ContainerState
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint
  readonly labels: StringMap
  readonly annotations: StringMap
}

/** Closed set of reasons, as they appear in a pod's container statuses. */
export type ExitReason = "Completed" | "Error" | "OOMKilled" | "ContainerCannotRun" | "StartError"

export interface ContainerUser {
  readonly uid: number
  readonly gid: number
  readonly supplementalGroups: readonly number[]
}

export interface ContainerStatus extends Container {
  /** Nanoseconds since the Unix epoch; 0 when it has not happened. */
  readonly startedAtNs: bigint
  readonly finishedAtNs: bigint
  /**
   * 128 + signal number when a signal ended the process; 128 when it could not be started; 137 with `OOMKilled`.
   * 0 while it runs.
   */
  readonly exitCode: number
  /** Empty until EXITED. */
  readonly reason: ExitReason | ""
  /** The OCI runtime's own text when the start failed; else empty. */
  readonly message: string
  /** Absolute. */
  readonly logPath: string
  readonly mounts: readonly Mount[]
  /** As the kernel enforces them; what this machine could not enforce is missing here and named in `warnings`. */
  readonly resources: LinuxContainerResources
  readonly user?: ContainerUser
  /** The host's pid of the first process; 0 unless RUNNING, and where the runtime keeps it to itself. */
  readonly pid: number
  /** What the configuration asked for and this machine cannot do (for example a lower oom_score_adj). */
  readonly warnings: readonly string[]
  readonly stopSignal: string
}

export interface ContainerFilter {
  readonly id?: ContainerId
  readonly sandboxId?: SandboxId
  readonly state?: ContainerState
  readonly labelSelector?: StringMap
}
