/** Resource use, after CRI v1 `ContainerStats` and `PodSandboxStats`. Sizes in bytes, times in nanoseconds. */
import type { ContainerId, ContainerMetadata } from "./container.ts"
import type { PodSandboxMetadata, SandboxId, StringMap } from "./sandbox.ts"

export interface CpuUsage {
  readonly timestampNs: bigint
  /** CPU time used since the container began, summed over cores. */
  readonly usageCoreNs: bigint
}

export interface MemoryUsage {
  readonly timestampNs: bigint
  /** Usage without inactive file pages: what counts against eviction. */
  readonly workingSetBytes: number
  readonly usageBytes: number
  readonly rssBytes: number
  /** Limit minus working set; absent without a limit. */
  readonly availableBytes?: number
  readonly pageFaults: number
  readonly majorPageFaults: number
}

export interface FilesystemUsage {
  readonly timestampNs: bigint
  readonly mountpoint: string
  readonly usedBytes: number
  readonly inodesUsed: number
}

export interface ContainerStats {
  readonly id: ContainerId
  readonly sandboxId: SandboxId
  readonly metadata: ContainerMetadata
  readonly labels: StringMap
  readonly annotations: StringMap
  /** Absent unless the container runs. */
  readonly cpu?: CpuUsage
  readonly memory?: MemoryUsage
  /** Number of processes and threads; absent unless the container runs, and where CRI, which counts them by pod, is between. */
  readonly pids?: number
  /** What the container has written over its image. */
  readonly writableLayer: FilesystemUsage
}

export interface NetworkInterfaceUsage {
  readonly name: string
  readonly rxBytes: number
  readonly rxErrors: number
  readonly txBytes: number
  readonly txErrors: number
  /** Packets, and those of them that were dropped. Absent where a runtime does not tell. */
  readonly rxPackets?: number
  readonly rxDropped?: number
  readonly txPackets?: number
  readonly txDropped?: number
}

export interface PodSandboxStats {
  readonly id: SandboxId
  readonly metadata: PodSandboxMetadata
  readonly labels: StringMap
  readonly annotations: StringMap
  /** Of the pod's cgroup: all containers together. */
  readonly cpu?: CpuUsage
  readonly memory?: MemoryUsage
  readonly pids?: number
  /** `eth0` first. Empty with host network. */
  readonly network: readonly NetworkInterfaceUsage[]
  readonly containers: readonly ContainerStats[]
}
