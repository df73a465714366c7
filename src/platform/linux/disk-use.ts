import type { Stats } from "node:fs"
import { type FileHandle, lstat } from "node:fs/promises"
import { entriesOf, inside, openFolder } from "./folder-entries.ts"
import { hasCode } from "./system-error.ts"

// st_blocks counts these, whatever the file system's own block size.
const BLOCK_BYTES = 512
/** Each folder on the way takes two descriptors: what lies deeper is not counted. */
const DEPTH_MAX = 800

export interface DiskUse {
  readonly usedBytes: number
  readonly inodesUsed: number
}

/**
 * What a folder takes, as `du -x`: each file once however many names it has, and nothing of other file systems. Undefined
 * when there is no such folder. What vanishes meanwhile does not count, and no link is followed, also when a container
 * puts one in place of a folder meanwhile. Large folders hold up nothing else.
 */
export async function diskUse(path: string): Promise<DiskUse | undefined> {
  const root = await statIfPresent(path)
  if (root === undefined) return undefined
  const total = { usedBytes: root.blocks * BLOCK_BYTES, inodesUsed: 1 }
  const linked = new Set<number>()

  const visit = async (path: string | Buffer, depth: number): Promise<void> => {
    const folder = await openFolder(path)
    try {
      await count(folder, depth)
    } finally {
      await folder.close()
    }
  }

  const count = async (folder: FileHandle, depth: number): Promise<void> => {
    for await (const { name } of entriesOf(folder)) {
      const found = inside(folder, name)
      const stats = await statIfPresent(found)
      if (stats === undefined || stats.dev !== root.dev || linked.has(stats.ino)) continue
      if (stats.nlink > 1 && !stats.isDirectory()) linked.add(stats.ino)
      total.usedBytes += stats.blocks * BLOCK_BYTES
      total.inodesUsed++
      if (stats.isDirectory() && depth < DEPTH_MAX) await unlessGone(visit(found, depth + 1))
    }
  }

  if (root.isDirectory()) await unlessGone(visit(path, 1))
  return total
}

function statIfPresent(path: string | Buffer): Promise<Stats | undefined> {
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
