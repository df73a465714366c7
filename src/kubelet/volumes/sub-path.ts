import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname } from "node:path"
import { mount, unmount } from "../../platform/linux/mount.ts"
import { openFlags, openInRoot } from "../../platform/linux/open.ts"
import { hasCode } from "../../platform/linux/system-error.ts"

/**
 * Pins `subPath` inside `volume` at `target` by a bind mount. Containers that share the volume can put symbolic links
 * anywhere in it, also while this runs; none leads out of the volume. What is missing is made as a folder with the
 * volume's own mode. A target that already shows the right file stays as it is.
 */
export function bindSubPath(volume: string, subPath: string, target: string): void {
  const fd = openOrMake(volume, subPath)
  try {
    const source = fstatSync(fd)
    const shown = statIfPresent(target)
    if (shown !== undefined && shown.dev === source.dev && shown.ino === source.ino) return
    unmount(target)
    makeTarget(target, source.isDirectory())
    mount(`/proc/self/fd/${fd}`, target, { flags: ["bind", "recursive"] })
  } finally {
    closeSync(fd)
  }
}

function openOrMake(volume: string, subPath: string): number {
  try {
    return openInRoot(volume, subPath, openFlags.O_PATH)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
  const mode = statSync(volume).mode & 0o7777
  const parts = subPath.split("/").filter((part) => part !== "" && part !== ".")
  for (const [index, part] of parts.entries()) {
    const parent = openInRoot(volume, parts.slice(0, index).join("/") || ".", openFlags.O_PATH | constants.O_DIRECTORY)
    try {
      makeFolder(volume, parts.slice(0, index + 1).join("/"), `/proc/self/fd/${parent}/${part}`, mode)
    } finally {
      closeSync(parent)
    }
  }
  return openInRoot(volume, subPath, openFlags.O_PATH)
}

function makeFolder(volume: string, path: string, viaParent: string, mode: number): void {
  try {
    mkdirSync(viaParent)
  } catch (error) {
    if (hasCode(error, "EEXIST")) return
    throw error
  }
  // Neither the umask nor a link put there since may decide.
  const made = openInRoot(volume, path, openFlags.O_PATH | constants.O_DIRECTORY)
  try {
    chmodSync(`/proc/self/fd/${made}`, mode)
  } finally {
    closeSync(made)
  }
}

function makeTarget(target: string, isFolder: boolean): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o750 })
  const found = statIfPresent(target)
  if (found !== undefined && found.isDirectory() === isFolder) return
  if (found !== undefined) (found.isDirectory() ? rmdirSync : unlinkSync)(target)
  if (isFolder) mkdirSync(target, { mode: 0o750 })
  else writeFileSync(target, "", { mode: 0o640 })
}

function statIfPresent(path: string) {
  return statSync(path, { throwIfNoEntry: false })
}
