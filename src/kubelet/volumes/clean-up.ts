import { existsSync } from "node:fs"
import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { unmount } from "../../platform/linux/mount.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { PodFolders } from "./folders.ts"

/**
 * Unmounts and removes the volumes of one pod. Nothing is removed while something is still mounted below: the files of
 * a host folder would go with it.
 */
export async function removeVolumes(folders: PodFolders): Promise<void> {
  for (const folder of [folders.subPaths, folders.volumes]) {
    unmountBelow(folder)
    await rm(folder, { recursive: true, force: true })
  }
  await rm(join(folders.pod, "plugins"), { recursive: true, force: true })
}

/** The same for everything else of a pod that is gone. */
export async function removePodFolder(folders: PodFolders): Promise<void> {
  await removeVolumes(folders)
  unmountBelow(folders.pod)
  await rm(folders.pod, { recursive: true, force: true })
}

function unmountBelow(folder: string): void {
  // The last one first: it may lie on top of another.
  for (const path of mountPointsBelow(folder).toReversed()) unmount(path)
  const left = mountPointsBelow(folder)
  if (left.length > 0) throw new Error(`still mounted: ${left.join(", ")}`)
}

function mountPointsBelow(folder: string): string[] {
  return readMountTable()
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
}

export function hasVolumeFolders(folders: PodFolders): boolean {
  return existsSync(folders.volumes) || existsSync(folders.subPaths)
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
