import type { NodeCondition, NodeStatus } from "../../api/core/v1/node-status.ts"
import { isExtended } from "../../api/core/v1/validation/resources.ts"
import type { NodeImage } from "../../images/images.ts"
import { formatQuantity, milliQuantityOf, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { RuntimeHandler, RuntimeStatus, RuntimeVersion } from "../../runtime/runtime.ts"
import type { Offer } from "../device-plugins/plugin-resources.ts"
import type { ResourceList } from "../downward.ts"
import type { PressureCondition } from "../eviction/thresholds.ts"
import { hugepageResource } from "../resources/hugepages.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import type { Disk, Machine } from "./machine.ts"
import { type Available, availableToPods } from "./reservations.ts"

export interface NodeFacts {
  readonly machine: Machine
  readonly disk: Disk
  readonly pressure: ReadonlySet<PressureCondition>
  readonly settings: Pick<KubeletSettings, "eviction" | "node" | "podsMax" | "podsPerCore" | "reserved">
  /** What plugins offer, where there can be any. */
  readonly offer?: Offer
  readonly nodeIps: readonly string[]
  readonly hostname: string
  readonly serverPort: number
  readonly kubeletVersion: string
  readonly runtime: RuntimeStatus | undefined
  readonly runtimeVersion: RuntimeVersion
  readonly images: readonly NodeImage[]
  /** Their unique names; absent while it is not known. */
  readonly volumesInUse: readonly string[] | undefined
  /** What keeps the node from running pods, besides the runtime. */
  readonly problems: readonly string[]
  readonly now: string
}

/** What the node reports about itself. `before`: as the API has it. A pure function. */
export function nodeStatus(facts: NodeFacts, before: Pick<NodeStatus, "capacity" | "conditions">): NodeStatus {
  const { machine, runtime, runtimeVersion } = facts
  return {
    capacity: {
      ...resources(facts, {
        cpuMilli: machine.cpuMilli,
        memoryBytes: machine.memoryBytes,
        diskBytes: facts.disk.capacityBytes,
      }),
      ...counts(facts.offer?.capacity),
    },
    allocatable: { ...extendedOf(before.capacity), ...allocatable(facts) },
    conditions: conditions(facts, before.conditions ?? []),
    addresses: [
      ...facts.nodeIps.map((address) => ({ type: "InternalIP", address })),
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
      ...(machine.swapBytes > 0 && { swap: { capacity: machine.swapBytes } }),
    },
    images: listedImages(facts.images, facts.settings.node.imagesMax),
    ...(facts.volumesInUse ? { volumesInUse: facts.volumesInUse } : {}),
    ...(runtime ? { runtimeHandlers: runtime.handlers.map(handler) } : {}),
    ...(runtime ? { features: { supplementalGroupsPolicy: runtime.features.supplementalGroupsPolicy } } : {}),
  }
}

export function allocatable(facts: Pick<NodeFacts, "machine" | "disk" | "offer" | "settings">): ResourceList {
  const available = availableToPods(facts.machine, facts.disk, facts.settings)
  const inHugepages = [...facts.machine.hugepages.values()].reduce((sum, bytes) => sum + bytes, 0)
  const memoryBytes = Math.max(available.memoryBytes - inHugepages, 0)
  return { ...resources(facts, { ...available, memoryBytes }), ...counts(facts.offer?.allocatable) }
}

/** What others count for the node, such as an admin: all of it can be had. */
export function extendedOf(list: ResourceList | undefined): ResourceList {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => isExtended(name)))
}

function counts(amounts: ReadonlyMap<string, number> = new Map()): ResourceList {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, String(amount)]))
}

function resources({ machine, settings }: Pick<NodeFacts, "machine" | "settings">, available: Available) {
  const { podsMax, podsPerCore } = settings
  const perMachine = podsPerCore > 0 ? Math.floor((podsPerCore * machine.cpuMilli) / 1000) : podsMax
  const hugepages = [...machine.hugepages].map(([size, bytes]) => [hugepageResource(size), binary(bytes)] as const)
  return {
    cpu: formatQuantity(milliQuantityOf(available.cpuMilli, "DecimalSI")),
    "ephemeral-storage": binary(available.diskBytes),
    ...Object.fromEntries(hugepages),
    memory: binary(available.memoryBytes),
    pods: String(Math.min(podsMax, perMachine)),
  }
}

function binary(bytes: number): string {
  return formatQuantity(quantityOf(bytes, "BinarySI"))
}

function listedImages(images: readonly NodeImage[], countMax: number) {
  return images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, countMax < 0 ? images.length : countMax)
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

function memoryPressure({ pressure }: NodeFacts): Verdict {
  return pressure.has("MemoryPressure")
    ? { status: true, reason: "KubeletHasInsufficientMemory", message: "kubelet has insufficient memory available" }
    : { status: false, reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" }
}

function diskPressure({ pressure }: NodeFacts): Verdict {
  return pressure.has("DiskPressure")
    ? { status: true, reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
    : { status: false, reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" }
}

function pidPressure({ pressure }: NodeFacts): Verdict {
  return pressure.has("PIDPressure")
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
