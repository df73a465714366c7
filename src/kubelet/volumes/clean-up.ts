import { existsSync, readFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { basename, join } from "node:path"
import { unmount } from "../../platform/linux/mount.ts"
import { parseMountInfo } from "../../platform/linux/mount-table.ts"
import { removeTree } from "../../platform/linux/remove-tree.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { PodFolders } from "./folders.ts"

/**
 * Unmounts and removes the volumes of one pod. Nothing is removed while something is still mounted below: the files of
 * a host folder would go with it.
 */
export async function removeVolumes(folders: PodFolders): Promise<void> {
  unmountBelow(folders.pod, [folders.subPaths, folders.volumes])
  for (const folder of [folders.subPaths, folders.volumes, folders.devices]) {
    await removeTree(folder)
  }
  await removeTree(join(folders.pod, "plugins"))
}

/** Takes away what is mounted at a folder of the pod, and below. The folder stays. */
export function unmountFolder(folders: PodFolders, folder: string): void {
  unmountBelow(folders.pod, [folder])
}

/** What of containers shows a volume's sub paths. A driver can let go of a volume only without them. */
export function unmountSubPaths(folders: PodFolders): void {
  unmountBelow(folders.pod, [folders.subPaths])
}

/** The same for everything else of a pod that is gone. */
export async function removePodFolder(folders: PodFolders): Promise<void> {
  await removeVolumes(folders)
  unmountBelow(folders.pod, [folders.pod])
  await removeTree(folders.pod)
}

function unmountBelow(pod: string, parts: readonly string[]): void {
  const mounted = () => mountPointsBelow(pod).filter((path) => parts.some((part) => isBelow(path, part)))
  const found = mounted()
  if (found.length === 0) return
  // The last one first: it may lie on top of another.
  for (const path of found.toReversed()) unmount(path)
  const left = mounted()
  if (left.length > 0) throw new Error(`still mounted: ${left.join(", ")}`)
}

/** The table is long where there are many pods: only what is about this one is taken apart. */
function mountPointsBelow(pod: string): string[] {
  const table = readFileSync("/proc/self/mountinfo", "utf8")
  const lines = table.split("\n").filter((line) => line.includes(basename(pod)))
  return parseMountInfo(lines.join("\n"))
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => isBelow(path, pod))
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

export function hasVolumeFolders(folders: PodFolders): boolean {
  return existsSync(folders.volumes) || existsSync(folders.subPaths) || existsSync(folders.devices)
}

/** The uids of the pods that have a folder. */
export async function podsOnDisk(podsFolder: string): Promise<string[]> {
  try {
    const entries = await readdir(podsFolder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (hasCode(error, "ENOENT")) return []
    throw error
  }
}
