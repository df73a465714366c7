import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { QosClass } from "../../api/core/v1/pod-qos.ts"
import type { Cgroups } from "../../platform/linux/cgroups.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { LinuxContainerResources } from "../../runtime/runtime.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { cpuShares, podResources } from "./cgroup-values.ts"
import { qosClass } from "./pod-resources.ts"

/** The groups that pods run in: `<root>/kubepods[/burstable|/besteffort]/pod<uid>`. Paths are below every hierarchy's root. */
export interface PodCgroups {
  /** Limits all pods together. */
  limit(resources: LinuxContainerResources): void
  /** The path of a pod's group, whether it exists or not. */
  path(pod: Pod): string
  /** Makes the pod's group with its limits. What exists is brought up to date. `ownCpus`: some are nobody else's. */
  ensure(pod: Pod, ownCpus: boolean): void
  /** Removes the pod's group wherever it stands. A group that is still in use stays. */
  remove(podUid: string): void
  /** The uids of pods that have a group. */
  uids(): ReadonlySet<string>
  /** A file of a group, by the controller that it belongs to; undefined without such a file. */
  read(controller: string, group: string, file: string): string | undefined
  /** All controllers are in one tree, whose files have other names. */
  readonly isUnified: boolean
}

const tiers: Record<QosClass, string> = { Guaranteed: "", Burstable: "burstable", BestEffort: "besteffort" }

export function createPodCgroups(
  cgroups: Pick<Cgroups, "mode" | "controllers" | "unified">,
  root: string,
  settings: Pick<KubeletSettings, "cpuQuota" | "podPidsMax">,
): PodCgroups {
  const { podPidsMax } = settings
  const base = join("/", root, "kubepods")
  const trees = [...new Set([...cgroups.controllers.values(), ...(cgroups.unified ? [cgroups.unified] : [])])]
  const v2 = cgroups.mode === "v2"
  const pathOf = (qos: QosClass, uid: string) => join(base, tiers[qos], `pod${uid}`)
  const made = new Set<string>()

  const make = (group: string) => {
    if (made.has(group)) return
    for (const tree of trees) {
      mkdirSync(join(tree, group), { recursive: true })
      if (tree === cgroups.controllers.get("cpuset") && !v2) inheritCpuset(tree, group)
    }
    if (v2 && cgroups.unified !== undefined) delegate(cgroups.unified, group)
  }
  const prepareTier = (qos: QosClass) => {
    const group = join(base, tiers[qos])
    if (made.has(group)) return
    make(group)
    made.add(group)
    if (qos === "BestEffort") apply({ cpuShares: cpuShares(0) }, group)
  }
  const apply = (resources: LinuxContainerResources, group: string) => {
    for (const [controller, file, value] of v2 ? unifiedFiles(resources) : legacyFiles(resources)) {
      const tree = cgroups.controllers.get(controller)
      if (tree !== undefined) writeIfPresent(join(tree, group, file), value)
    }
  }
  return {
    limit(resources) {
      make(base)
      apply(resources, base)
    },
    path: (pod) => pathOf(qosClass(pod), pod.metadata.uid),
    ensure(pod, ownCpus) {
      const qos = qosClass(pod)
      prepareTier(qos)
      const group = pathOf(qos, pod.metadata.uid)
      make(group)
      const pids = podPidsMax === undefined ? {} : { pidsLimit: podPidsMax }
      apply({ ...podResources(pod, { cpuQuota: settings.cpuQuota && !ownCpus }), ...pids }, group)
    },
    remove(podUid) {
      for (const tree of trees) {
        for (const tier of Object.values(tiers)) removeTree(join(tree, base, tier, `pod${podUid}`))
      }
    },
    uids() {
      const [tree] = trees
      const names = Object.values(tiers).flatMap((tier) => (tree === undefined ? [] : list(join(tree, base, tier))))
      return new Set(names.flatMap((name) => (name.startsWith("pod") ? [name.slice(3)] : [])))
    },
    isUnified: v2,
    read(controller, group, file) {
      const tree = v2 ? cgroups.unified : cgroups.controllers.get(controller)
      return tree === undefined ? undefined : readIfPresent(join(tree, group, file))
    },
  }
}

type Setting = readonly [controller: string, file: string, value: string]

function legacyFiles(resources: LinuxContainerResources): Setting[] {
  const { cpuPeriod, cpuQuota, cpuShares: shares, hugepageLimits, memoryLimitBytes } = resources
  const settings: Setting[] = []
  if (shares !== undefined) settings.push(["cpu", "cpu.shares", String(shares)])
  if (cpuPeriod !== undefined) settings.push(["cpu", "cpu.cfs_period_us", String(cpuPeriod)])
  if (cpuQuota !== undefined) settings.push(["cpu", "cpu.cfs_quota_us", String(cpuQuota)])
  if (memoryLimitBytes !== undefined) settings.push(["memory", "memory.limit_in_bytes", String(memoryLimitBytes)])
  if (resources.pidsLimit !== undefined) settings.push(["pids", "pids.max", String(resources.pidsLimit)])
  for (const { limitBytes, pageSize } of hugepageLimits ?? []) {
    settings.push(["hugetlb", `hugetlb.${pageSize}.limit_in_bytes`, String(limitBytes)])
  }
  return settings
}

function unifiedFiles(resources: LinuxContainerResources): Setting[] {
  const { cpuPeriod, cpuQuota, cpuShares: shares, hugepageLimits, memoryLimitBytes } = resources
  const settings: Setting[] = []
  if (shares !== undefined) settings.push(["cpu", "cpu.weight", String(weightOf(shares))])
  if (cpuQuota !== undefined && cpuPeriod !== undefined) {
    settings.push(["cpu", "cpu.max", `${cpuQuota < 0 ? "max" : cpuQuota} ${cpuPeriod}`])
  }
  if (memoryLimitBytes !== undefined) settings.push(["memory", "memory.max", String(memoryLimitBytes)])
  if (resources.pidsLimit !== undefined) settings.push(["pids", "pids.max", String(resources.pidsLimit)])
  for (const { limitBytes, pageSize } of hugepageLimits ?? []) {
    settings.push(["hugetlb", `hugetlb.${pageSize}.max`, String(limitBytes)])
  }
  return settings
}

/** cpu.shares 2…262144 to cpu.weight 1…10000, as runc and crun convert. */
function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142)
}

/** In the v2 tree a group hands its controllers to its children only when told to, from the root down. */
function delegate(tree: string, group: string): void {
  const parts = group.split("/").filter((part) => part !== "")
  for (let depth = 0; depth < parts.length; depth++) {
    const folder = join(tree, ...parts.slice(0, depth))
    for (const controller of ["cpu", "memory", "pids", "cpuset", "io", "hugetlb"]) {
      writeIfPresent(join(folder, "cgroup.subtree_control"), `+${controller}`)
    }
  }
}

/** A new v1 cpuset group has no CPUs, so nothing could run in it: it gets what its parent has, from the root down. */
function inheritCpuset(tree: string, group: string): void {
  const parts = group.split("/").filter((part) => part !== "")
  for (let depth = 1; depth <= parts.length; depth++) {
    const [parent, folder] = [join(tree, ...parts.slice(0, depth - 1)), join(tree, ...parts.slice(0, depth))]
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readFileSync(join(folder, file), "utf8").trim() !== "") continue
      writeIfPresent(join(folder, file), readFileSync(join(parent, file), "utf8"))
    }
  }
}

function writeIfPresent(path: string, value: string): void {
  try {
    writeFileSync(path, value)
  } catch (error) {
    // A controller that this kernel or this tree lacks. The runtime reports what it could not enforce.
    if (!hasCode(error, "ENOENT", "EACCES", "EINVAL", "EOPNOTSUPP", "EBUSY", "EPERM", "EROFS")) throw error
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ENODEV", "EOPNOTSUPP")) return undefined
    throw error
  }
}

function list(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : []
}

function removeTree(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(path, entry.name))
    }
    rmdirSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error
  }
}
