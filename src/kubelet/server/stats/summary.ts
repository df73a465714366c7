import { stat } from "node:fs/promises"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type {
  ContainerStats,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  PodSandboxStats,
} from "../../../runtime/runtime.ts"
import type { VolumeUsage } from "../../volumes/volumes.ts"
import type { KubeletRequest } from "../context.ts"
import type {
  ContainerSummary,
  CpuStats,
  FilesystemStats,
  MemoryStats,
  NodeSummary,
  PodSummary,
  Summary,
  Timed,
  VolumeSummary,
} from "./summary-types.ts"

/** As Kubernetes writes times: without fractions, which rates need. */
export async function summaryAnswer(request: KubeletRequest): Promise<unknown> {
  const summary = await statsSummary(request)
  const text = JSON.stringify(summary, (name, value: unknown) =>
    (name === "time" || name === "startTime") && typeof value === "string" ? value.replace(/\.\d+Z$/, "Z") : value,
  )
  return JSON.parse(text)
}

/** What the node, its pods and their containers use. `only_cpu_and_memory=true` leaves the rest out. */
export async function statsSummary(request: KubeletRequest): Promise<Summary> {
  const isShort = request.query.get("only_cpu_and_memory") === "true"
  const [node, pods] = await Promise.all([
    nodeSummary(request, isShort),
    Promise.all(request.pods.pods().map((pod) => podSummary(request, pod, isShort))),
  ])
  return { node, pods: pods.filter((pod) => pod !== undefined) }
}

async function nodeSummary(
  { nodeName, nodeUsage, platform, rates }: KubeletRequest,
  isShort: boolean,
): Promise<NodeSummary> {
  if (nodeUsage === undefined) return { nodeName, startTime: null }
  const { bootedAtMs, cpuNs, memory, filesystem, processes, processesMax } = await nodeUsage()
  const nowMs = platform.clock.nowMs()
  const time = timeText(nowMs)
  const { totalBytes: _, ...used } = memory
  const usageNanoCores = rates.rate("node", BigInt(nowMs) * 1_000_000n, cpuNs)
  const fs = { time, ...filesystem }
  return {
    nodeName,
    startTime: timeText(bootedAtMs),
    cpu: { time, ...(usageNanoCores !== undefined && { usageNanoCores }), usageCoreNanoSeconds: Number(cpuNs) },
    memory: { time, ...used },
    ...(!isShort && {
      fs,
      runtime: { imageFs: fs, containerFs: fs },
      rlimit: { time, maxpid: processesMax, curproc: processes },
    }),
  }
}

async function podSummary(request: KubeletRequest, pod: Pod, isShort: boolean): Promise<PodSummary | undefined> {
  const { name, namespace, uid } = pod.metadata
  const sandbox = request.pods.sandboxId(uid)
  if (sandbox === undefined) return undefined
  // The sandbox may go at any time; the next answer has it no more.
  const stats = await request.runtime.podSandboxStats(sandbox).catch(() => undefined)
  if (stats === undefined) return undefined
  const containers = await Promise.all(stats.containers.map((each) => containerSummary(request, pod, each, isShort)))
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status.startTime ?? null,
    containers,
    ...(stats.cpu && { cpu: cpuStats(request, `pod/${uid}`, stats.cpu) }),
    ...(stats.memory && { memory: memoryStats(stats.memory) }),
    ...(!isShort && (await podDetails(request, pod, stats, containers))),
  }
}

async function podDetails(
  request: KubeletRequest,
  pod: Pod,
  stats: PodSandboxStats,
  containers: readonly ContainerSummary[],
): Promise<Partial<PodSummary>> {
  const time = timeText(request.platform.clock.nowMs())
  const [first] = stats.network
  const used = (await request.volumes?.usage(pod)) ?? []
  const volume = used.map((usage) => ({ time, ...volumeStats(usage) }))
  const onDisk = used.filter(({ inMemory, isLocal }) => isLocal && !inMemory).map(({ usedBytes }) => usedBytes)
  const written = containers.flatMap(({ rootfs, logs }) => [rootfs.usedBytes ?? 0, logs?.usedBytes ?? 0])
  const usedBytes = [...onDisk, ...written].reduce((sum, bytes) => sum + bytes, 0)
  return {
    ...(first && { network: { time, ...first, interfaces: stats.network } }),
    ...(volume.length > 0 && { volume }),
    "ephemeral-storage": { time, usedBytes },
    ...(stats.pids !== undefined && { process_stats: { process_count: stats.pids } }),
  }
}

function volumeStats(usage: VolumeUsage): FilesystemStats & Pick<VolumeSummary, "name" | "pvcRef"> {
  const { claim, name, usedBytes, availableBytes, capacityBytes, inodes, inodesFree, inodesUsed } = usage
  return {
    name,
    ...(claim && { pvcRef: { name: claim.name, namespace: claim.namespace } }),
    usedBytes,
    availableBytes,
    capacityBytes,
    inodes,
    inodesFree,
    inodesUsed,
  }
}

async function containerSummary(
  request: KubeletRequest,
  pod: Pod,
  stats: ContainerStats,
  isShort: boolean,
): Promise<ContainerSummary> {
  const { name } = stats.metadata
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status
  const status = [...containerStatuses, ...initContainerStatuses].find((each) => each.name === name)
  const rootfs = filesystemStats(stats.writableLayer)
  const logPath = request.pods.container(pod.metadata.uid, name)?.current?.logPath
  const logs = isShort || logPath === undefined ? undefined : await fileStats(logPath, rootfs.time)
  return {
    name,
    startTime: status?.state?.running?.startedAt ?? null,
    ...(stats.cpu && { cpu: cpuStats(request, stats.id, stats.cpu) }),
    ...(stats.memory && { memory: memoryStats(stats.memory) }),
    rootfs,
    ...(logs && { logs }),
  }
}

async function fileStats(path: string, time: string): Promise<(FilesystemStats & Timed) | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && { time, usedBytes: found.blocks * 512, inodesUsed: 1 }
}

function cpuStats({ rates }: KubeletRequest, key: string, usage: CpuUsage): CpuStats {
  const usageNanoCores = rates.rate(key, usage.timestampNs, usage.usageCoreNs)
  return {
    time: nanosText(usage.timestampNs),
    ...(usageNanoCores !== undefined && { usageNanoCores }),
    usageCoreNanoSeconds: Number(usage.usageCoreNs),
  }
}

function memoryStats({ timestampNs, ...memory }: MemoryUsage): MemoryStats {
  return { time: nanosText(timestampNs), ...memory }
}

function filesystemStats({ timestampNs, usedBytes, inodesUsed }: FilesystemUsage): FilesystemStats & Timed {
  return { time: nanosText(timestampNs), usedBytes, inodesUsed }
}

const nanosText = (ns: bigint): string => timeText(Number(ns / 1_000_000n))
const timeText = (ms: number): string => new Date(ms).toISOString()
