import type { InputOf } from "../../machinery/schema/schema.ts"
import { nanoseconds } from "../cri/nanoseconds.ts"
import type * as messages from "../cri/stats-messages.ts"
import type {
  ContainerStats,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkInterfaceUsage,
  PodSandboxStats,
} from "../stats.ts"

export function containerStatsMessage(stats: ContainerStats): InputOf<typeof messages.ContainerStats> {
  const { annotations, cpu, id, labels, memory, metadata, writableLayer } = stats
  return {
    attributes: { id, metadata: { ...metadata }, labels, annotations },
    ...(cpu && { cpu: cpuMessage(cpu) }),
    ...(memory && { memory: memoryMessage(memory) }),
    writableLayer: filesystemMessage(writableLayer),
  }
}

/** `nowNs`: of what the counters of interfaces and processes were read. */
export function sandboxStatsMessage(stats: PodSandboxStats, nowNs: bigint): InputOf<typeof messages.PodSandboxStats> {
  const { annotations, containers, cpu, id, labels, memory, metadata, network, pids } = stats
  const timestamp = nanoseconds(nowNs)
  const [first, ...others] = network.map(interfaceMessage)
  return {
    attributes: { id, metadata: { ...metadata }, labels, annotations },
    linux: {
      ...(cpu && { cpu: cpuMessage(cpu) }),
      ...(memory && { memory: memoryMessage(memory) }),
      ...(first && { network: { timestamp, defaultInterface: first, interfaces: others } }),
      ...(pids !== undefined && { process: { timestamp, processCount: { value: pids } } }),
      containers: containers.map(containerStatsMessage),
    },
  }
}

function cpuMessage({ timestampNs, usageCoreNs }: CpuUsage): InputOf<typeof messages.CpuUsage> {
  return { timestamp: nanoseconds(timestampNs), usageCoreNanoSeconds: { value: nanoseconds(usageCoreNs) } }
}

function memoryMessage(usage: MemoryUsage): InputOf<typeof messages.MemoryUsage> {
  const { availableBytes, majorPageFaults, pageFaults, rssBytes, timestampNs, usageBytes, workingSetBytes } = usage
  return {
    timestamp: nanoseconds(timestampNs),
    workingSetBytes: { value: workingSetBytes },
    ...(availableBytes !== undefined && { availableBytes: { value: availableBytes } }),
    usageBytes: { value: usageBytes },
    rssBytes: { value: rssBytes },
    pageFaults: { value: pageFaults },
    majorPageFaults: { value: majorPageFaults },
  }
}

export function filesystemMessage(usage: FilesystemUsage): InputOf<typeof messages.FilesystemUsage> {
  const { inodesUsed, mountpoint, timestampNs, usedBytes } = usage
  return {
    timestamp: nanoseconds(timestampNs),
    fsId: { mountpoint },
    usedBytes: { value: usedBytes },
    inodesUsed: { value: inodesUsed },
  }
}

function interfaceMessage(usage: NetworkInterfaceUsage): InputOf<typeof messages.NetworkInterfaceUsage> {
  const { name, rxBytes, rxErrors, txBytes, txErrors } = usage
  return {
    name,
    rxBytes: { value: rxBytes },
    rxErrors: { value: rxErrors },
    txBytes: { value: txBytes },
    txErrors: { value: txErrors },
  }
}
