import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { CgroupMode } from "./spec/resources.ts"

/** The machine's cgroup hierarchies. Paths begin with `/` and mean the same group in each of them. */
export interface Cgroups {
  readonly mode: CgroupMode
  readonly root: string
  /** The unified hierarchy of a hybrid machine, and whether it holds controllers, which crun refuses. */
  readonly unified: { readonly path: string; readonly hasControllers: boolean; readonly sharedParent: boolean } | null
  /** Whether huge pages can be limited: not where the controller is bound to a tree that OCI runtimes do not use. */
  readonly limitsHugePages: boolean
  exists(cgroup: string): boolean
  create(cgroup: string): void
  /**
   * Shortens a start that follows at once. Moving a process into a group waits for a grace period of the whole kernel
   * (10 ms and more) unless another move has just done so; called first, that wait passes while the programs load.
   */
  prepareMove(): void
  /** Removes the group and empty groups below it. Groups with processes stay. */
  remove(cgroup: string): void
  /** Null when the group or the file does not exist. `controller` is ignored on v2. */
  read(controller: string, cgroup: string, file: string): string | null
  /** Everything that runs in the group itself. */
  processes(cgroup: string): number[]
  /** How many of the group's processes the kernel has killed for lack of memory. */
  oomKills(cgroup: string): number
}

export function detectCgroups(root = "/sys/fs/cgroup"): Cgroups {
  if (existsSync(join(root, "cgroup.controllers"))) return createCgroups("v2", root, [root], null)
  const table = readMountTable().filter(({ mountPoint }) => mountPoint.startsWith(`${root}/`))
  const hierarchies = table.filter(({ type }) => type === "cgroup").map(({ mountPoint }) => mountPoint)
  const unifiedMount = table.find(({ type }) => type === "cgroup2")
  if (unifiedMount === undefined) return createCgroups("v1", root, hierarchies, null)
  const path = unifiedMount.mountPoint
  const hasControllers = readFileSync(join(path, "cgroup.controllers"), "utf8").trim() !== ""
  const sharedParent = readMountTable().some(({ mountPoint, shared }) => mountPoint === root && shared)
  return createCgroups("hybrid", root, [...hierarchies, path], { path, hasControllers, sharedParent })
}

function createCgroups(
  mode: CgroupMode,
  root: string,
  hierarchies: readonly string[],
  unified: Cgroups["unified"],
): Cgroups {
  const own = ownProcessFile(mode, root)
  const cgroups: Cgroups = {
    mode,
    root,
    unified,
    limitsHugePages:
      mode === "v2"
        ? (readIfExists(join(root, "cgroup.controllers")) ?? "").split(/\s+/).includes("hugetlb")
        : existsSync(join(root, "hugetlb")),
    exists: (cgroup) => hierarchies.some((hierarchy) => existsSync(join(hierarchy, cgroup))),
    create(cgroup) {
      for (const hierarchy of hierarchies) mkdirSync(join(hierarchy, cgroup), { recursive: true })
    },
    prepareMove() {
      // To where this process is already. Only speed depends on it.
      if (own !== null) void writeFile(own, String(process.pid)).catch(() => undefined)
    },
    remove(cgroup) {
      for (const hierarchy of hierarchies) removeEmpty(join(hierarchy, cgroup))
    },
    read: (controller, cgroup, file) =>
      readIfExists(mode === "v2" ? join(root, cgroup, file) : join(root, controller, cgroup, file)),
    processes: (cgroup) =>
      (cgroups.read("pids", cgroup, "cgroup.procs") ?? cgroups.read("memory", cgroup, "cgroup.procs") ?? "")
        .split("\n")
        .filter((line) => line !== "")
        .map(Number),
    oomKills(cgroup) {
      const text =
        mode === "v2"
          ? (cgroups.read("memory", cgroup, "memory.events.local") ?? cgroups.read("memory", cgroup, "memory.events"))
          : cgroups.read("memory", cgroup, "memory.oom_control")
      return Number(/^oom_kill (\d+)$/m.exec(text ?? "")?.[1] ?? 0)
    },
  }
  return cgroups
}

/** The `cgroup.procs` that lists this process. */
function ownProcessFile(mode: CgroupMode, root: string): string | null {
  const lines = readFileSync("/proc/self/cgroup", "utf8").split("\n")
  const [line, hierarchy] = mode === "v2" ? [/^0::(.*)$/, ""] : [/^\d+:pids:(.*)$/, "pids"]
  const path = lines.map((text) => line.exec(text)?.[1]).find((found) => found !== undefined)
  return path === undefined ? null : join(root, hierarchy, path, "cgroup.procs")
}

function readIfExists(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ENODEV", "EOPNOTSUPP")) return null
    throw error
  }
}

function removeEmpty(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeEmpty(join(path, entry.name))
    }
    rmdirSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error
  }
}
