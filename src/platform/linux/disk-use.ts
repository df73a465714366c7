import type { Stats } from "node:fs"
import { constants, lstat, open } from "node:fs/promises"
import { entriesOf, entryPath } from "./folder-entries.ts"
import { openFlags } from "./open.ts"
import { hasCode } from "./system-error.ts"

// st_blocks counts these, whatever the file system's own block size.
const BLOCK_BYTES = 512
/**
 * Longer paths are walked by a descriptor: containers nest folders as deep as they like, and the kernel takes 4096 bytes,
 * of which a name may have 255.
 */
const PATH_BYTES_MAX = 2048
/** Descriptors that stand for folders on the way: what lies below the last one's longest paths is not counted. */
const BASES_MAX = 100

export interface DiskUse {
  readonly usedBytes: number
  readonly inodesUsed: number
}

/**
 * What a folder takes, as `du -x`: each file once however many names it has, and nothing of other file systems. Undefined
 * when there is no such folder. What vanishes meanwhile does not count. Large folders hold up nothing else.
 */
export async function diskUse(path: string): Promise<DiskUse | undefined> {
  const root = await statIfPresent(Buffer.from(path))
  if (root === undefined) return undefined
  const total = { usedBytes: root.blocks * BLOCK_BYTES, inodesUsed: 1 }
  const linked = new Set<number>()

  const visit = async (folder: Buffer, bases: number): Promise<void> => {
    for await (const { name } of entriesOf(folder)) {
      const found = entryPath(folder, name)
      const stats = await statIfPresent(found)
      if (stats === undefined || stats.dev !== root.dev || linked.has(stats.ino)) continue
      if (stats.nlink > 1 && !stats.isDirectory()) linked.add(stats.ino)
      total.usedBytes += stats.blocks * BLOCK_BYTES
      total.inodesUsed++
      if (!stats.isDirectory()) continue
      await unlessGone(found.length > PATH_BYTES_MAX ? visitDeep(found, bases + 1) : visit(found, bases))
    }
  }

  /** By a descriptor instead of the long path. */
  const visitDeep = async (folder: Buffer, bases: number): Promise<void> => {
    if (bases > BASES_MAX) return
    const base = await open(folder, openFlags.O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      await visit(Buffer.from(`/proc/self/fd/${base.fd}`), bases)
    } finally {
      await base.close()
    }
  }

  if (root.isDirectory()) await unlessGone(visit(Buffer.from(path), 0))
  return total
}

function statIfPresent(path: Buffer): Promise<Stats | undefined> {
  return unlessGone(lstat(path))
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined
    throw error
  }
}
