import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { EmptyDirVolumeSource } from "../../api/core/v1/volume.ts"
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityOf,
  quantityValue,
} from "../../machinery/quantity/quantity.ts"
import { mount } from "../../platform/linux/mount.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ResourceList } from "../downward.ts"
import { wasWritten } from "./atomic-writer.ts"
import { applyFsGroup } from "./ownership.ts"

const HUGE_PAGES = "HugePages"
const HUGE_PAGES_RESOURCE = "hugepages-"

export interface EmptyDir {
  readonly folder: string
  /** Says that the folder was made and handed over. */
  readonly readyFile: string
  readonly source: EmptyDirVolumeSource
  readonly pod: Pod
  readonly nodeAllocatable: ResourceList
}

/** Makes the folder once; later calls leave it and what the pod wrote alone. Throws Kubernetes' message. */
export function setUpEmptyDir(volume: EmptyDir): void {
  const { folder, readyFile, source, pod } = volume
  const medium = source.medium ?? ""
  const type = fileSystemOf(medium)
  if (existsSync(readyFile) && existsSync(folder) && (type === undefined || isMounted(folder, type))) return
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o777)
  if (type === "tmpfs" && !isMounted(folder, type)) mountTmpfs(folder, sizeLimitOf(volume))
  if (type === "hugetlbfs") mountHugePages(folder, pageSizeOf(medium, pod))
  applyFsGroup(folder, { group: pod.spec.securityContext?.fsGroup, readOnly: false })
  mkdirSync(dirname(readyFile), { recursive: true, mode: 0o750 })
  writeFileSync(readyFile, "")
}

/**
 * Makes the folder of files that must not reach a disk, such as those of secrets: a tmpfs, as with Kubernetes' kubelet.
 * What an earlier agent has written elsewhere stays there, as containers show it.
 */
export function setUpMemoryFolder({ folder, ...limits }: Pick<EmptyDir, "folder" | "nodeAllocatable" | "pod">): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (wasWritten(folder) || isInMemory(folder)) return
  mountTmpfs(folder, sizeLimitOf({ ...limits, source: {} }))
}

/** Whether a volume's folder, made here, is a file system of its own: it takes memory then, and no disk. */
export function isInMemory(folder: string): boolean {
  return statSync(folder).dev !== statSync(dirname(folder)).dev
}

/** Forgets that the volume was ready. Its folder is removed with the pod's. */
export function forgetEmptyDir(readyFile: string): void {
  rmSync(dirname(readyFile), { recursive: true, force: true })
}

function fileSystemOf(medium: string): "tmpfs" | "hugetlbfs" | undefined {
  if (medium === "") return undefined
  if (medium === "Memory") return "tmpfs"
  if (medium === HUGE_PAGES || medium.startsWith(`${HUGE_PAGES}-`)) return "hugetlbfs"
  throw new Error(`unknown storage medium "${medium}"`)
}

function isMounted(folder: string, type: string): boolean {
  return readMountTable().some((entry) => entry.mountPoint === folder && entry.type === type)
}

function mountTmpfs(folder: string, sizeLimit: Quantity | undefined): void {
  const size = sizeLimit === undefined ? [] : [`size=${quantityValue(sizeLimit)}`]
  const flags = ["relatime"] as const
  try {
    // Secrets that a pod keeps in memory must not reach the disk.
    mount("tmpfs", folder, { type: "tmpfs", flags, data: [...size, "noswap"].join(",") })
  } catch (error) {
    // Before Linux 6.3 there is no such option.
    if (!hasCode(error, "EINVAL")) throw error
    mount("tmpfs", folder, { type: "tmpfs", flags, data: size.join(",") })
  }
  chmodSync(folder, 0o777)
}

/** The least of what the volume, the pod and the node allow. */
function sizeLimitOf({ source, pod, nodeAllocatable }: Omit<EmptyDir, "folder" | "readyFile">): Quantity | undefined {
  const limits = [nodeAllocatable["memory"], podMemoryLimit(pod), source.sizeLimit]
    .filter((text) => text !== undefined)
    .map((text) => (typeof text === "string" ? parseQuantity(text) : text))
    .filter(({ unscaled }) => unscaled > 0n)
  return limits.reduce<Quantity | undefined>(
    (least, limit) => (least === undefined || compareQuantities(limit, least) < 0 ? limit : least),
    undefined,
  )
}

/** Absent when a container may use as much as it likes. */
function podMemoryLimit(pod: Pod): Quantity | undefined {
  const { resources, containers, initContainers = [] } = pod.spec
  const own = resources?.limits?.["memory"]
  if (own !== undefined) return parseQuantity(own)
  const bytes = (container: (typeof containers)[number]): number => {
    const limit = container.resources?.limits?.["memory"]
    return limit === undefined ? Number.POSITIVE_INFINITY : quantityValue(parseQuantity(limit))
  }
  let sidecars = 0
  let most = 0
  for (const container of initContainers) {
    if (container.restartPolicy === "Always") sidecars += bytes(container)
    most = Math.max(most, sidecars + (container.restartPolicy === "Always" ? 0 : bytes(container)))
  }
  const total = Math.max(
    most,
    containers.reduce((sum, container) => sum + bytes(container), sidecars),
  )
  return Number.isFinite(total) ? quantityOf(total, "BinarySI") : undefined
}

function mountHugePages(folder: string, pageSize: Quantity): void {
  if (isMounted(folder, "hugetlbfs")) return
  mount("nodev", folder, { type: "hugetlbfs", data: `pagesize=${quantityValue(pageSize)}` })
}

/** The page size that the medium or, if it names none, the pod's containers ask for. */
function pageSizeOf(medium: string, pod: Pod): Quantity {
  const wanted = medium === HUGE_PAGES ? undefined : parseQuantity(medium.slice(HUGE_PAGES.length + 1))
  const lists = [pod.spec, ...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(
    ({ resources }) => resources?.requests,
  )
  let found: Quantity | undefined
  for (const name of lists.flatMap((list) => Object.keys(list ?? {}))) {
    if (!name.startsWith(HUGE_PAGES_RESOURCE)) continue
    const size = parseQuantity(name.slice(HUGE_PAGES_RESOURCE.length))
    if (wanted !== undefined && compareQuantities(size, wanted) !== 0) continue
    if (found !== undefined && compareQuantities(size, found) !== 0) {
      throw new Error(`medium: ${medium} can't be used if container requests multiple huge page sizes`)
    }
    found = size
  }
  if (found === undefined) {
    throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`)
  }
  return found
}
