import { chownSync, closeSync, constants, existsSync, fstatSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, relative } from "node:path"
import { mount, unmount } from "../../platform/linux/mount.ts"
import { openInRoot } from "../../platform/linux/open.ts"
import { removeTree } from "../../platform/linux/remove-tree.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ContainerPaths } from "./layout.ts"
import { removeMapped } from "./user-namespaces.ts"

/** The kernel takes one page of mount options. */
const MOUNT_DATA_BYTES_MAX = 4000

/**
 * Mounts an image's layers (topmost first) with a writable layer over them, which belongs to `root`: the file system
 * itself makes files in it, with ids of the machine.
 */
export function mountRootfs(
  paths: ContainerPaths,
  lowerDirs: readonly string[],
  root: { readonly uid: number; readonly gid: number },
): void {
  for (const path of [paths.upper, paths.work, paths.rootfs]) mkdirSync(path, { recursive: true, mode: 0o755 })
  if (root.uid !== 0) chownSync(paths.upper, root.uid, root.gid)
  mountOverlay(paths.rootfs, lowerDirs, [
    `upperdir=${escapeOption(paths.upper)}`,
    `workdir=${escapeOption(paths.work)}`,
  ])
}

/** Mounts an image's layers alone, read-only. */
export function mountImage(target: string, lowerDirs: readonly string[]): void {
  mkdirSync(target, { recursive: true })
  // Overlayfs without a writable layer wants at least two.
  const empty = `${target}.empty`
  mkdirSync(empty, { recursive: true })
  mountOverlay(target, lowerDirs.length > 1 ? lowerDirs : [...lowerDirs, empty], [])
}

function mountOverlay(target: string, lowerDirs: readonly string[], options: readonly string[]): void {
  const data = [`lowerdir=${lowerDirs.map(escapeOption).join(":")}`, ...options].join(",")
  if (Buffer.byteLength(data) <= MOUNT_DATA_BYTES_MAX) return mount("overlay", target, { type: "overlay", data })
  // Paths relative to the layers' common folder are short. The kernel resolves them from the current folder, and
  // nothing else runs on this thread meanwhile.
  const base = commonFolder(lowerDirs)
  const before = process.cwd()
  process.chdir(base)
  try {
    const short = lowerDirs.map((path) => escapeOption(relative(base, path)))
    mount("overlay", target, { type: "overlay", data: [`lowerdir=${short.join(":")}`, ...options].join(",") })
  } finally {
    process.chdir(before)
  }
}

function commonFolder(paths: readonly string[]): string {
  let common = dirname(paths[0] ?? "/")
  while (common !== "/" && !paths.every((path) => path.startsWith(`${common}/`))) common = dirname(common)
  return common
}

/** Overlayfs splits lists at `:` and options at `,`. */
function escapeOption(path: string): string {
  return path.replace(/[\\:,]/g, (character) => `\\${character}`)
}

/** May be repeated. */
export async function removeRootfs(paths: ContainerPaths, imageMounts: number): Promise<void> {
  for (let i = 0; i < imageMounts; i++) unmount(`${paths.images}/${i}`)
  while (unmount(paths.rootfs)) continue
  removeMapped(paths.mapped)
  await removeTree(paths.data)
}

const USER_DATABASE_BYTES_MAX = 1024 * 1024

/** A file of the image, or "" when there is none. Links in the image cannot lead out of it. */
export function readInRootfs(rootfs: string, path: string): string {
  try {
    const fd = openInRoot(rootfs, path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      if (!stat.isFile() || stat.size > USER_DATABASE_BYTES_MAX) return ""
      return readFileSync(fd, "utf8")
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENXIO")) return ""
    throw error
  }
}

/** What a mount of the container binds: a folder is made where nothing is, as every runtime does. */
export function prepareMountSource(hostPath: string): string {
  if (!existsSync(hostPath)) mkdirSync(hostPath, { recursive: true })
  return hostPath
}
