import type { Stats } from "node:fs"
import { lstat, opendir, statfs } from "node:fs/promises"
import { join } from "node:path"
import type { Volume } from "../../api/core/v1/volume.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { folderSourceOf } from "./container-mounts.ts"
import type { PodFolders } from "./folders.ts"
import type { VolumeUsage } from "./volumes.ts"

// st_blocks counts these, whatever the file system's own block size.
const BLOCK_BYTES = 512

/** What a volume takes, or undefined when it keeps nothing of its own or is not there. */
export async function volumeUsage(volume: Volume, folders: PodFolders): Promise<VolumeUsage | undefined> {
  const source = folderSourceOf(volume)
  if (source === undefined) return undefined
  const folder = folders.volume(source, volume.name)
  const root = await statIfPresent(folder)
  if (root === undefined) return undefined
  const [used, system] = await Promise.all([diskUse(folder, root), statfs(folder)])
  return {
    name: volume.name,
    isLocal: true,
    inMemory: (volume.emptyDir?.medium ?? "") !== "",
    ...used,
    availableBytes: system.bavail * system.bsize,
    capacityBytes: system.blocks * system.bsize,
    inodes: system.files,
    inodesFree: system.ffree,
  }
}

/** As `du -x`: each file once however many names it has, and nothing of other file systems. */
async function diskUse(folder: string, root: Stats): Promise<{ usedBytes: number; inodesUsed: number }> {
  const total = { usedBytes: root.blocks * BLOCK_BYTES, inodesUsed: 1 }
  const linked = new Set<number>()
  const visit = async (at: string): Promise<void> => {
    const entries = await opendir(at).catch(() => undefined)
    if (entries === undefined) return
    for await (const entry of entries) {
      const path = join(at, entry.name)
      const found = await statIfPresent(path)
      if (found === undefined || found.dev !== root.dev || linked.has(found.ino)) continue
      if (found.nlink > 1 && !found.isDirectory()) linked.add(found.ino)
      total.usedBytes += found.blocks * BLOCK_BYTES
      total.inodesUsed++
      if (found.isDirectory()) await visit(path)
    }
  }
  await visit(folder)
  return total
}

async function statIfPresent(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined
    throw error
  }
}
