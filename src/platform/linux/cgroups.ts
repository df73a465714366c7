import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type MountEntry, readMountTable } from "./mount-table.ts"
import { hasCode } from "./system-error.ts"

/**
 * How this machine arranges control groups.
 * - `v2`: one tree with all controllers. https://docs.kernel.org/admin-guide/cgroup-v2.html
 * - `v1`: one tree per controller. https://docs.kernel.org/admin-guide/cgroup-v1/
 * - `hybrid`: v1 trees that hold the controllers, and a v2 tree beside them.
 * - `none`: nothing is mounted.
 */
export type CgroupMode = "v1" | "hybrid" | "v2" | "none"

export interface Cgroups {
  readonly mode: CgroupMode
  /** Each usable controller and the mount point of its tree; v1's named trees as `name=systemd`. */
  readonly controllers: ReadonlyMap<string, string>
  /** Mount point of the v2 tree. */
  readonly unified: string | undefined
  /** This process's own group in each tree, by the tree's mount point. */
  readonly own: ReadonlyMap<string, string>
}

/** Looks at what is mounted. Throws only when /proc itself cannot be read. */
export function detectCgroups(): Cgroups {
  const mounts = readMountTable()
  const unified = mounts.find((entry) => entry.type === "cgroup2")?.mountPoint
  return parseCgroups(mounts, {
    ownGroups: readFileSync("/proc/self/cgroup", "utf8"),
    unifiedControllers: unified === undefined ? "" : readIfPresent(join(unified, "cgroup.controllers")),
  })
}

/** `ownGroups` is /proc/self/cgroup, `unifiedControllers` the v2 root's cgroup.controllers. */
export function parseCgroups(
  mounts: readonly MountEntry[],
  files: { readonly ownGroups: string; readonly unifiedControllers: string },
): Cgroups {
  const controllers = new Map<string, string>()
  const unified = mounts.find((entry) => entry.type === "cgroup2")?.mountPoint
  const legacy = mounts.filter((entry) => entry.type === "cgroup")
  for (const entry of legacy) {
    for (const option of entry.superOptions) {
      // The others are the names of controllers.
      if (!legacyOptions.has(option) && !controllers.has(option)) controllers.set(option, entry.mountPoint)
    }
  }
  if (unified !== undefined) {
    for (const name of files.unifiedControllers.split(/\s+/)) if (name !== "") controllers.set(name, unified)
  }
  return {
    mode: modeOf(legacy, unified),
    controllers,
    unified,
    own: parseOwnGroups(files.ownGroups, controllers, unified),
  }
}

const legacyOptions = new Set(["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", ""])

function modeOf(legacy: readonly MountEntry[], unified: string | undefined): CgroupMode {
  if (unified === undefined) return legacy.length === 0 ? "none" : "v1"
  return legacy.length === 0 ? "v2" : "hybrid"
}

function parseOwnGroups(
  text: string,
  controllers: ReadonlyMap<string, string>,
  unified: string | undefined,
): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  for (const line of text.split("\n")) {
    const [, id, names, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    if (id === undefined || names === undefined || path === undefined) continue
    const tree = id === "0" ? unified : controllers.get(names.split(",")[0] ?? "")
    if (tree !== undefined) own.set(tree, path)
  }
  return own
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT")) return ""
    throw error
  }
}
