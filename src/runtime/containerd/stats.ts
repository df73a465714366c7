import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { ContainerId } from "../container.ts"
import { bigNanoseconds } from "../cri/nanoseconds.ts"
import type * as messages from "../cri/stats-messages.ts"
import type { SandboxId } from "../sandbox.ts"
import type {
  ContainerStats,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkInterfaceUsage,
  PodSandboxStats,
} from "../stats.ts"

/** What containers and pods use, as the port has it. */
export function containerStatsOf(
  message: TypeOf<typeof messages.ContainerStats>,
  sandboxId: SandboxId,
): ContainerStats {
  const { attributes = {}, cpu, memory, writableLayer } = message
  const { annotations = {}, id = "", labels = {} } = attributes
  const { attempt = 0, name = "" } = attributes.metadata ?? {}
  return {
    id: id as ContainerId,
    sandboxId,
    metadata: { name, attempt },
    labels,
    annotations,
    ...(cpu && { cpu: cpuOf(cpu) }),
    ...(memory && { memory: memoryOf(memory) }),
    writableLayer: filesystemOf(writableLayer),
  }
}

export function sandboxStatsOf(message: TypeOf<typeof messages.PodSandboxStats>): PodSandboxStats {
  const { attributes = {}, linux = {} } = message
  const { annotations = {}, labels = {} } = attributes
  const { attempt = 0, name = "", namespace = "", uid = "" } = attributes.metadata ?? {}
  const id = (attributes.id ?? "") as SandboxId
  const { containers = [], cpu, memory, network = {}, process } = linux
  const { defaultInterface, interfaces = [] } = network
  const others = interfaces.filter((each) => each.name !== defaultInterface?.name)
  return {
    id,
    metadata: { name, uid, namespace, attempt },
    labels,
    annotations,
    ...(cpu && { cpu: cpuOf(cpu) }),
    ...(memory && { memory: memoryOf(memory) }),
    ...(process && { pids: numberOf(process.processCount) }),
    network: [...(defaultInterface ? [defaultInterface] : []), ...others].map(interfaceOf),
    containers: containers.map((each) => containerStatsOf(each, id)),
  }
}

/** In kubelets' terms as well a value of no message is 0. */
type Value = TypeOf<typeof messages.UInt64Value> | undefined
const numberOf = (value: Value): number => Number(value?.value ?? 0)

function cpuOf({ timestamp, usageCoreNanoSeconds }: TypeOf<typeof messages.CpuUsage>): CpuUsage {
  return { timestampNs: bigNanoseconds(timestamp), usageCoreNs: bigNanoseconds(usageCoreNanoSeconds?.value) }
}

function memoryOf(message: TypeOf<typeof messages.MemoryUsage>): MemoryUsage {
  const { availableBytes, majorPageFaults, pageFaults, rssBytes, timestamp, usageBytes, workingSetBytes } = message
  const available = numberOf(availableBytes)
  return {
    timestampNs: bigNanoseconds(timestamp),
    workingSetBytes: numberOf(workingSetBytes),
    usageBytes: numberOf(usageBytes),
    rssBytes: numberOf(rssBytes),
    // Without a limit runtimes say 0.
    ...(available > 0 && { availableBytes: available }),
    pageFaults: numberOf(pageFaults),
    majorPageFaults: numberOf(majorPageFaults),
  }
}

export function filesystemOf(message: TypeOf<typeof messages.FilesystemUsage> = {}): FilesystemUsage {
  const { fsId, inodesUsed, timestamp, usedBytes } = message
  return {
    timestampNs: bigNanoseconds(timestamp),
    mountpoint: fsId?.mountpoint ?? "",
    usedBytes: numberOf(usedBytes),
    inodesUsed: numberOf(inodesUsed),
  }
}

function interfaceOf(message: TypeOf<typeof messages.NetworkInterfaceUsage>): NetworkInterfaceUsage {
  const { name = "", rxBytes, rxErrors, txBytes, txErrors } = message
  return {
    name,
    rxBytes: numberOf(rxBytes),
    rxErrors: numberOf(rxErrors),
    txBytes: numberOf(txBytes),
    txErrors: numberOf(txErrors),
  }
}
