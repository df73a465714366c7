import { readFileSync } from "node:fs"
import { diskUse } from "../../platform/linux/disk-use.ts"
import { enterNamespaces } from "../../platform/linux/namespaces.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { SandboxId } from "../sandbox.ts"
import type {
  ContainerStats,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkInterfaceUsage,
  PodSandboxStats,
} from "../stats.ts"
import type { Cgroups } from "./cgroups.ts"
import { type ContainerEntry, containersOf, needSandbox, nowNs, type OciContext } from "./context.ts"
import { sandboxNamespaces } from "./sandbox-setup.ts"

interface CgroupUsage {
  readonly cpu?: CpuUsage
  readonly memory?: MemoryUsage
  readonly pids?: number
}

export async function containerStats(context: OciContext, { record, run }: ContainerEntry): Promise<ContainerStats> {
  const timestampNs = BigInt(nowNs(context))
  const usage = run.state === "RUNNING" ? cgroupUsage(context.cgroups, record.cgroup, timestampNs) : {}
  return {
    id: record.id,
    sandboxId: record.sandboxId,
    metadata: record.config.metadata,
    labels: record.config.labels,
    annotations: record.config.annotations,
    ...usage,
    writableLayer: await writableLayer(context.layout.container(record.id).upper, timestampNs),
  }
}

export async function podSandboxStats(context: OciContext, id: SandboxId): Promise<PodSandboxStats> {
  const { record } = needSandbox(context, id)
  const { config } = record
  const timestampNs = BigInt(nowNs(context))
  const { cgroupParent } = config.linux
  const ready = record.state === "ready"
  const net = sandboxNamespaces(config, context.layout.sandbox(id)).net
  return {
    id,
    metadata: config.metadata,
    labels: config.labels,
    annotations: config.annotations,
    ...(ready && cgroupParent !== "" ? cgroupUsage(context.cgroups, cgroupParent, timestampNs) : {}),
    network: ready && net !== null ? networkUsage(net) : [],
    containers: await Promise.all(containersOf(context, id).map((entry) => containerStats(context, entry))),
  }
}

/** Reads the accounting files of either cgroup version. */
export function cgroupUsage(cgroups: Cgroups, cgroup: string, timestampNs: bigint): CgroupUsage {
  const number = (controller: string, file: string) => numberIn(cgroups.read(controller, cgroup, file))
  const v2 = cgroups.mode === "v2"
  const cpuStat = v2 ? fieldsOf(cgroups.read("cpu", cgroup, "cpu.stat")).get("usage_usec") : undefined
  const usageCoreNs = v2
    ? cpuStat === undefined
      ? null
      : BigInt(cpuStat) * 1000n
    : bigintIn(cgroups.read("cpuacct", cgroup, "cpuacct.usage"))
  const usageBytes = number("memory", v2 ? "memory.current" : "memory.usage_in_bytes")
  const limit = number("memory", v2 ? "memory.max" : "memory.limit_in_bytes")
  const pids = number("pids", "pids.current")
  const stat = fieldsOf(cgroups.read("memory", cgroup, "memory.stat"))
  return {
    ...(usageCoreNs === null ? {} : { cpu: { timestampNs, usageCoreNs } }),
    ...(usageBytes === null ? {} : { memory: memoryUsage(stat, usageBytes, limit, timestampNs, v2) }),
    ...(pids === null ? {} : { pids }),
  }
}

/** cgroup v1 writes "no limit" as the largest multiple of a page. */
const LIMIT_NONE = 2 ** 62

function memoryUsage(
  stat: ReadonlyMap<string, number>,
  usageBytes: number,
  limit: number | null,
  timestampNs: bigint,
  v2: boolean,
): MemoryUsage {
  const field = (name: string) => stat.get(v2 ? name : `total_${name}`) ?? 0
  const workingSetBytes = Math.max(0, usageBytes - field("inactive_file"))
  return {
    timestampNs,
    usageBytes,
    workingSetBytes,
    rssBytes: field(v2 ? "anon" : "rss"),
    ...(limit === null || limit >= LIMIT_NONE ? {} : { availableBytes: Math.max(0, limit - workingSetBytes) }),
    pageFaults: field("pgfault"),
    majorPageFaults: field("pgmajfault"),
  }
}

function numberIn(text: string | null): number | null {
  const trimmed = text?.trim() ?? ""
  return /^\d+$/.test(trimmed) ? Number(trimmed) : null
}

function bigintIn(text: string | null): bigint | null {
  const trimmed = text?.trim() ?? ""
  return /^\d+$/.test(trimmed) ? BigInt(trimmed) : null
}

function fieldsOf(text: string | null): Map<string, number> {
  const entries = (text ?? "").split("\n").map((line) => line.split(" "))
  return new Map(entries.flatMap(([name = "", value]) => (value === undefined ? [] : [[name, Number(value)] as const])))
}

async function writableLayer(folder: string, timestampNs: bigint): Promise<FilesystemUsage> {
  const { usedBytes = 0, inodesUsed = 0 } = (await diskUse(folder)) ?? {}
  return { timestampNs, mountpoint: folder, usedBytes, inodesUsed }
}

/** The counters of /proc/net/dev, which belong to the network namespace of the thread that opens it. */
function networkUsage(netns: string): NetworkInterfaceUsage[] {
  try {
    return parseNetDev(enterNamespaces({ net: netns }, () => readFileSync("/proc/thread-self/net/dev", "utf8")))
  } catch (error) {
    if (hasCode(error, "ENOENT")) return []
    throw error
  }
}

/** Loopback is left out; `eth0` comes first. */
export function parseNetDev(text: string): NetworkInterfaceUsage[] {
  const interfaces = text.split("\n").flatMap((line): NetworkInterfaceUsage[] => {
    const [name, counters] = line.split(":")
    if (name === undefined || counters === undefined || name.trim() === "lo") return []
    const numbers = counters.trim().split(/\s+/).map(Number)
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0] = numbers
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = numbers.slice(8)
    const [received, sent] = [
      { rxBytes, rxPackets, rxErrors, rxDropped },
      { txBytes, txPackets, txErrors, txDropped },
    ]
    return [{ name: name.trim(), ...received, ...sent }]
  })
  return interfaces.toSorted((a, b) => Number(b.name === "eth0") - Number(a.name === "eth0"))
}
