import { statfs } from "node:fs/promises"
import type { Volume } from "../../api/core/v1/volume.ts"
import { diskUse } from "../../platform/linux/disk-use.ts"
import { folderSourceOf } from "./container-mounts.ts"
import { isInMemory } from "./empty-dir.ts"
import type { PodFolders } from "./folders.ts"
import type { VolumeUsage } from "./volumes.ts"

/** What a volume takes, or undefined when it keeps nothing of its own or is not there. */
export async function volumeUsage(volume: Volume, folders: PodFolders): Promise<VolumeUsage | undefined> {
  const source = folderSourceOf(volume)
  if (source === undefined) return undefined
  const folder = folders.volume(source, volume.name)
  const used = await diskUse(folder)
  if (used === undefined) return undefined
  const system = await statfs(folder)
  return {
    name: volume.name,
    isLocal: true,
    inMemory: isInMemory(folder),
    ...used,
    availableBytes: system.bavail * system.bsize,
    capacityBytes: system.blocks * system.bsize,
    inodes: system.files,
    inodesFree: system.ffree,
  }
}
