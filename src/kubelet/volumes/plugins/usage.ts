import { statfs } from "node:fs/promises"
import type { VolumeAmounts } from "../volumes.ts"

/** What the whole file system that holds a volume has, as volumes of their own are counted. */
export async function fileSystemUsage(folder: string): Promise<VolumeAmounts> {
  const { bavail, bfree, blocks, bsize, ffree, files } = await statfs(folder)
  return {
    usedBytes: (blocks - bfree) * bsize,
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    inodes: files,
    inodesFree: ffree,
    inodesUsed: files - ffree,
  }
}
