import type { LinuxContainerResources } from "../../container.ts"
import { RuntimeError } from "../../errors.ts"
import type { OciDeviceRule, OciResources } from "./types.ts"

export type CgroupMode = "v1" | "hybrid" | "v2"

/**
 * Limits in the OCI form. `unified` needs cgroup v2. Limits of huge pages, which kubelets always send, are left out where
 * nothing enforces them: the OCI runtime would refuse the container.
 */
export function ociResources(
  resources: LinuxContainerResources,
  { cgroupMode: mode, limitsHugePages }: { readonly cgroupMode: CgroupMode; readonly limitsHugePages: boolean },
  devices?: readonly OciDeviceRule[],
): OciResources {
  if (resources.unified !== undefined && Object.keys(resources.unified).length > 0 && mode !== "v2") {
    throw new RuntimeError("Unsupported", `unified cgroup settings need cgroup v2, and this machine has cgroup ${mode}`)
  }
  const cpu = defined({
    shares: positive(resources.cpuShares),
    quota: resources.cpuQuota === 0 ? undefined : resources.cpuQuota,
    period: positive(resources.cpuPeriod),
    cpus: resources.cpusetCpus || undefined,
    mems: resources.cpusetMems || undefined,
  })
  const memory = defined({
    limit: positive(resources.memoryLimitBytes),
    swap: positive(resources.memorySwapLimitBytes),
  })
  const hugepages = (limitsHugePages ? (resources.hugepageLimits ?? []) : []).map(({ pageSize, limitBytes }) => ({
    pageSize,
    limit: limitBytes,
  }))
  return {
    ...(devices === undefined ? {} : { devices }),
    ...(memory === null ? {} : { memory }),
    ...(cpu === null ? {} : { cpu }),
    ...(positive(resources.pidsLimit) === undefined ? {} : { pids: { limit: resources.pidsLimit ?? 0 } }),
    ...(hugepages.length === 0 ? {} : { hugepageLimits: hugepages }),
    ...(resources.unified === undefined ? {} : { unified: resources.unified }),
  }
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}

/** The object without its undefined fields, or null when nothing is left. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } | null {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? null : (Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> })
}

/** Limits after an update: fields that the update does not mention stay. */
export function mergeResources(
  before: LinuxContainerResources,
  update: LinuxContainerResources,
): LinuxContainerResources {
  const mentioned = Object.entries(update).filter(([, value]) => value !== undefined && value !== 0 && value !== "")
  return { ...before, ...Object.fromEntries(mentioned) }
}

export interface OomScore {
  readonly value: number | undefined
  readonly warning: string | null
}

/**
 * The kernel lets a process lower its score below its parent's only with CAP_SYS_RESOURCE. Without it the parent's is
 * the lowest possible, and a container with that beats one that cannot start.
 */
export function attainableOomScore(wanted: number | undefined, own: number, canLower: boolean): OomScore {
  if (wanted === undefined || canLower || wanted >= own) return { value: wanted, warning: null }
  const warning = `oom_score_adj is ${own} instead of ${wanted}: lowering it needs CAP_SYS_RESOURCE, which this machine lacks`
  return { value: own, warning }
}
