import type { NodeCondition, NodeStatus } from "../../api/core/v1/node-status.ts"
import type { ImageStatus } from "../../images/images.ts"
import { formatQuantity, milliQuantityOf, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { RuntimeHandler, RuntimeStatus, RuntimeVersion } from "../../runtime/runtime.ts"
import type { Disk, Machine } from "./machine.ts"

/** Below these the node is under pressure, and they are kept back from what pods may use. As the kubelet's defaults. */
export interface Thresholds {
  readonly memoryAvailableBytes: number
  /** Shares of the disk, from 0 to 1. */
  readonly diskAvailable: number
  readonly inodesFree: number
}
export const defaultThresholds: Thresholds = {
  memoryAvailableBytes: 100 * 1024 * 1024,
  diskAvailable: 0.1,
  inodesFree: 0.05,
}
/** A share of the machine's process ids that stays free. */
const pidsFreeShare = 0.05

export interface NodeFacts {
  readonly machine: Machine
  readonly disk: Disk
  readonly load: { readonly memoryAvailableBytes: number; readonly pids: number; readonly pidsMax: number }
  readonly thresholds: Thresholds
  readonly podsMax: number
  readonly nodeIp: string
  readonly hostname: string
  readonly serverPort: number
  readonly kubeletVersion: string
  readonly runtime: RuntimeStatus | undefined
  readonly runtimeVersion: RuntimeVersion
  readonly images: readonly ImageStatus[]
  /** What keeps the node from running pods, besides the runtime. */
  readonly problems: readonly string[]
  readonly now: string
}

/** Images beyond these are not listed, as every listing of nodes carries them. */
const imagesMax = 50

/** What the node reports about itself. `before`: conditions as reported last. A pure function. */
export function nodeStatus(facts: NodeFacts, before: readonly NodeCondition[]): NodeStatus {
  const { machine, runtime, runtimeVersion } = facts
  return {
    capacity: resources(facts, machine.memoryBytes, facts.disk.capacityBytes),
    allocatable: allocatable(facts),
    conditions: conditions(facts, before),
    addresses: [
      { type: "InternalIP", address: facts.nodeIp },
      { type: "Hostname", address: facts.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.serverPort } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    images: listedImages(facts.images),
    ...(runtime ? { runtimeHandlers: runtime.handlers.map(handler) } : {}),
    ...(runtime ? { features: { supplementalGroupsPolicy: runtime.features.supplementalGroupsPolicy } } : {}),
  }
}

export function allocatable(facts: Pick<NodeFacts, "machine" | "disk" | "thresholds" | "podsMax">) {
  const { disk, machine, thresholds } = facts
  const memory = Math.max(machine.memoryBytes - thresholds.memoryAvailableBytes, 0)
  return resources(facts, memory, Math.floor(disk.capacityBytes * (1 - thresholds.diskAvailable)))
}

function resources({ machine, podsMax }: Pick<NodeFacts, "machine" | "podsMax">, memory: number, disk: number) {
  const hugepages = [...machine.hugepages].map(([size, bytes]) => [`hugepages-${size}`, binary(bytes)] as const)
  const reserved = [...machine.hugepages.values()].reduce((sum, bytes) => sum + bytes, 0)
  return {
    cpu: formatQuantity(milliQuantityOf(machine.cpuMilli, "DecimalSI")),
    "ephemeral-storage": binary(disk),
    ...Object.fromEntries(hugepages),
    memory: binary(Math.max(memory - reserved, 0)),
    pods: String(podsMax),
  }
}

function binary(bytes: number): string {
  return formatQuantity(quantityOf(bytes, "BinarySI"))
}

function listedImages(images: readonly ImageStatus[]) {
  return images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, imagesMax)
    .map(({ id, repoDigests, repoTags, sizeBytes }) => {
      const names = [...repoDigests, ...repoTags]
      return { names: names.length > 0 ? names.slice(0, 5) : [id], sizeBytes }
    })
}

function handler({ features, name }: RuntimeHandler) {
  const { recursiveReadOnlyMounts, userNamespaces } = features
  return { name, features: { recursiveReadOnlyMounts, userNamespaces } }
}

interface Verdict {
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

function conditions(facts: NodeFacts, before: readonly NodeCondition[]): NodeCondition[] {
  const verdicts: [string, Verdict][] = [
    ["MemoryPressure", memoryPressure(facts)],
    ["DiskPressure", diskPressure(facts)],
    ["PIDPressure", pidPressure(facts)],
    ["Ready", ready(facts)],
  ]
  return verdicts.map(([type, { message, reason, status }]) => {
    const old = before.find((each) => each.type === type)
    const text = status ? "True" : "False"
    const since = old?.status === text ? old.lastTransitionTime : undefined
    const times = { lastHeartbeatTime: facts.now, lastTransitionTime: since ?? facts.now }
    return { type, status: text, ...times, reason, message }
  })
}

function memoryPressure({ load, thresholds }: NodeFacts): Verdict {
  return load.memoryAvailableBytes < thresholds.memoryAvailableBytes
    ? { status: true, reason: "KubeletHasInsufficientMemory", message: "kubelet has insufficient memory available" }
    : { status: false, reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" }
}

function diskPressure({ disk, thresholds }: NodeFacts): Verdict {
  const full = disk.availableBytes < disk.capacityBytes * thresholds.diskAvailable
  const crowded = disk.inodes > 0 && disk.inodesFree < disk.inodes * thresholds.inodesFree
  return full || crowded
    ? { status: true, reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
    : { status: false, reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" }
}

function pidPressure({ load }: NodeFacts): Verdict {
  const free = load.pidsMax - load.pids
  return load.pidsMax > 0 && free < load.pidsMax * pidsFreeShare
    ? { status: true, reason: "KubeletHasInsufficientPID", message: "kubelet has insufficient PID available" }
    : { status: false, reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" }
}

function ready({ problems, runtime }: NodeFacts): Verdict {
  const all = [...runtimeProblems(runtime), ...problems]
  if (all.length === 0) return { status: true, reason: "KubeletReady", message: "kubelet is posting ready status" }
  // As Go prints several errors together.
  const message = all.length === 1 ? (all[0] ?? "") : `[${all.join(", ")}]`
  return { status: false, reason: "KubeletNotReady", message }
}

function runtimeProblems(runtime: RuntimeStatus | undefined): string[] {
  if (runtime === undefined) return ["container runtime status check may not have completed yet"]
  return runtime.conditions.flatMap(({ message, reason, status, type }) => {
    if (status) return []
    const what = type === "NetworkReady" ? "container runtime network not ready" : "container runtime not ready"
    return [`${what}: ${type}=false reason:${reason} message:${message}`]
  })
}
