import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { release } from "node:os"
import { join } from "node:path"
import { mountIdMapped } from "../../platform/linux/id-mapped-mount.ts"
import { unmount } from "../../platform/linux/mount.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { RuntimeError } from "../errors.ts"

/** The first kernel that maps the ids of a tmpfs, which secrets and service account tokens stand on. */
const KERNEL = [6, 3] as const

/** Whether pods can have user namespaces here: the kernel makes them, and maps the ids of every mount that pods have. */
export function hasUserNamespaces(): boolean {
  const [major = 0, minor = 0] = release().split(/[.-]/).map(Number)
  if (major < KERNEL[0] || (major === KERNEL[0] && minor < KERNEL[1])) return false
  const limit = "/proc/sys/user/max_user_namespaces"
  return existsSync(limit) && Number(readFileSync(limit, "utf8")) > 0
}

/** What a container mounts, as its user namespace is to see it. */
export interface MappedMounts {
  /** The path to bind in place of the source of mount number `index`. */
  source(path: string, index: number): string
  /** Runs `work` with paths to use in place of an image's layers; they are gone afterwards. */
  withLayers(layers: readonly string[], work: (layers: readonly string[]) => void): void
}

/** `folder`: for mount points. `userns`: path of the namespace; null: everything stays as it is. */
export function mountsFor(folder: string, userns: string | null): MappedMounts {
  if (userns === null) return { source: (path) => path, withLayers: (layers, work) => work(layers) }
  const map = (path: string, name: string): string => {
    const target = join(folder, name)
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    if (statSync(path).isDirectory()) mkdirSync(target)
    else writeFileSync(target, "")
    try {
      mountIdMapped(path, target, userns)
    } catch (cause) {
      const why = `failed to set MOUNT_ATTR_IDMAP on ${path}`
      const hint = "maybe the filesystem used doesn't support idmap mounts on this kernel?"
      throw new RuntimeError("RuntimeFailure", `${why}: ${String(cause)} (${hint})`, { cause })
    }
    return target
  }
  return {
    source: (path, index) => map(path, `mount-${index}`),
    withLayers(layers, work) {
      const paths: string[] = []
      try {
        for (const [index, layer] of layers.entries()) paths.push(map(layer, `layer-${index}`))
        // The overlay holds on to its layers by itself.
        work(paths)
      } finally {
        for (const path of paths) removeMountPoint(path)
      }
    },
  }
}

/** Lets go of a container's mapped mounts. May be repeated. What is mounted there is somebody else's: nothing below is touched. */
export function removeMapped(folder: string): void {
  try {
    for (const name of readdirSync(folder)) removeMountPoint(join(folder, name))
    rmdirSync(folder)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}

function removeMountPoint(path: string): void {
  while (unmount(path)) continue
  if (statSync(path).isDirectory()) rmdirSync(path)
  else unlinkSync(path)
}
