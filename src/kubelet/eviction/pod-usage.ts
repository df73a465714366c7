/** What a pod takes of its node, as it was measured. */
export interface DiskAmount {
  readonly bytes: number
  readonly inodes: number
}

export interface ContainerUsage {
  readonly name: string
  /** Absent unless it runs. */
  readonly memoryBytes?: number
  /** What it has written over its image. */
  readonly written: DiskAmount
  readonly logs: DiskAmount
}

export interface LocalVolumeUsage extends DiskAmount {
  readonly name: string
  /** It takes memory, not disk. */
  readonly inMemory: boolean
}

export interface PodUsage {
  readonly containers: readonly ContainerUsage[]
  readonly volumes: readonly LocalVolumeUsage[]
  readonly memoryBytes?: number
  readonly pids?: number
}

/** The pod's use of local disk: of all its containers, their logs and its volumes. */
export function diskOf({ containers, volumes }: PodUsage): DiskAmount {
  const onDisk = volumes.filter(({ inMemory }) => !inMemory)
  const parts = [...containers.flatMap(({ logs, written }) => [logs, written]), ...onDisk]
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    inodes: parts.reduce((sum, { inodes }) => sum + inodes, 0),
  }
}
