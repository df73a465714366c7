/** The kubelet's statistics API, `stats/v1alpha1`. Sizes in bytes, times in RFC 3339, in whole seconds when they are sent. */

export interface FilesystemStats {
  readonly availableBytes?: number
  readonly capacityBytes?: number
  readonly usedBytes?: number
  readonly inodesFree?: number
  readonly inodes?: number
  readonly inodesUsed?: number
}

export interface Timed {
  readonly time: string
}

export interface CpuStats extends Timed {
  readonly usageNanoCores?: number
  readonly usageCoreNanoSeconds: number
}

export interface MemoryStats extends Timed {
  readonly availableBytes?: number
  readonly usageBytes: number
  readonly workingSetBytes: number
  readonly rssBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
}

export interface InterfaceStats {
  readonly name: string
  readonly rxBytes: number
  readonly rxErrors: number
  readonly txBytes: number
  readonly txErrors: number
}

export interface ContainerSummary {
  readonly name: string
  readonly startTime: string | null
  readonly cpu?: CpuStats
  readonly memory?: MemoryStats
  readonly rootfs: FilesystemStats & Timed
  readonly logs?: FilesystemStats & Timed
}

export interface VolumeSummary extends FilesystemStats, Timed {
  readonly name: string
  /** The claim, where it stands behind the volume. */
  readonly pvcRef?: { readonly name: string; readonly namespace: string }
}

export interface PodSummary {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly startTime: string | null
  readonly containers: readonly ContainerSummary[]
  readonly cpu?: CpuStats
  readonly memory?: MemoryStats
  readonly network?: Timed & InterfaceStats & { readonly interfaces: readonly InterfaceStats[] }
  readonly volume?: readonly VolumeSummary[]
  readonly "ephemeral-storage"?: FilesystemStats & Timed
  readonly process_stats?: { readonly process_count: number }
}

export interface NodeSummary {
  readonly nodeName: string
  readonly startTime: string | null
  readonly cpu?: CpuStats
  readonly memory?: MemoryStats
  readonly fs?: FilesystemStats & Timed
  readonly runtime?: { readonly imageFs: FilesystemStats & Timed; readonly containerFs: FilesystemStats & Timed }
  readonly rlimit?: Timed & { readonly maxpid: number; readonly curproc: number }
}

export interface Summary {
  readonly node: NodeSummary
  readonly pods: readonly PodSummary[]
}
