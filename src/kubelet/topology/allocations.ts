import { join } from "node:path"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type MachineTopology, readMachineTopology } from "../../platform/linux/machine-topology.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import type { LinuxContainerResources } from "../../runtime/runtime.ts"
import type { Rejection } from "../admission/admit.ts"
import type { Counters } from "../counters.ts"
import { formatCpus } from "../cpus/cpu-set.ts"
import { readCpuState, writeCpuState } from "../cpus/cpu-state-file.ts"
import type { ExclusiveCpus } from "../cpus/exclusive-cpus.ts"
import { checkCpuOptions } from "../cpus/policy-options.ts"
import type { MemoryBlock } from "../memory/memory-state.ts"
import { readMemoryState, writeMemoryState } from "../memory/memory-state-file.ts"
import type { PinnedMemory } from "../memory/pinned-memory.ts"
import type { Metric } from "../server/metrics/exposition.ts"
import type { PlacementSettings } from "../settings/placement.ts"
import { allocateAligned } from "./align.ts"
import type { HintProvider } from "./hint-provider.ts"
import { topologyPolicy } from "./topology-policy.ts"

/** What the node has set aside for its containers besides amounts: which CPUs, which memory, which devices. */
export interface Allocations {
  /** Sets everything aside for a pod, or nothing and says why. What it has already it keeps. */
  admit(pod: Pod): Rejection | undefined
  /** Sets CPUs and memory aside for a pod that runs already. What cannot be had it does without. */
  adopt(pod: Pod): void
  /** Nothing of the pod runs or will run. */
  release(podUid: string): void
  /** Releases every pod that is not among these. */
  keepOnly(podUids: ReadonlySet<string>): void
  /** Where a container is to run; empty: wherever. */
  placement(podUid: string, container: string): Pick<LinuxContainerResources, "cpusetCpus" | "cpusetMems">
  /** The CPUs that a container has for itself, ascending. */
  ownCpus(podUid: string, container: string): readonly number[]
  /** Those that containers can have for themselves, ascending; none where all are shared. */
  allocatableCpus(): readonly number[]
  /** The memory that a container has from NUMA nodes of its own. */
  ownMemory(podUid: string, container: string): readonly MemoryBlock[]
  /** Of each NUMA node, what containers can have for themselves; none where all share it. */
  allocatableMemory(): readonly MemoryBlock[]
  /** A container of the pod runs: those that had to end before it give back what they had for themselves. */
  started(pod: Pod, container: Container): void
  /** CPUs that are nobody else's need no quota. Without a container: any of the pod's. */
  hasOwnCpus(pod: Pod, container?: Container): boolean
  metrics(): readonly Metric[]
}

export interface AllocationsOptions {
  readonly settings: PlacementSettings
  readonly machine: MachineTopology
  /** What is kept for others than pods, by resource; of CPU in thousandths. */
  readonly reserved: ReadonlyMap<string, number>
  /** Bytes of memory that must stay free lest pods be evicted. */
  readonly memoryThreshold: number
  /** The very CPUs, when somebody named them. */
  readonly reservedCpus: ReadonlySet<number> | undefined
  /** The kubelet's own folder. */
  readonly dataDir: string
  /** Who else hands out what is near some NUMA nodes; asked before CPUs and memory. */
  readonly providers: readonly HintProvider[]
  readonly counters: Pick<Counters, "add">
  readonly log: Platform["log"]
  /** CPUs have changed hands. */
  readonly onChange: () => void
}

/** Read only when some policy asks for it; `read`: default from /sys. */
export function topologyFor(
  { cpu, memory, topology }: PlacementSettings,
  read: (() => MachineTopology) | undefined,
): MachineTopology {
  const isNeeded = topology.policy !== "none" || cpu.policy !== "none" || memory.policy !== "None"
  return isNeeded ? (read ?? readMachineTopology)() : { cpus: [], nodes: [] }
}

/** Throws an `Error` when the machine, or what was noted before, does not allow the settings. */
export function openAllocations(options: AllocationsOptions): Allocations {
  const { counters, log, machine, settings } = options
  const { policy: name, scope, options: how } = settings.topology
  const policy = topologyPolicy(name, scope, how, machine.nodes)
  const cpus = openCpus(options)
  const memory = openMemory(options)
  const own = [...(cpus === undefined ? [] : [cpus]), ...(memory === undefined ? [] : [memory])]
  const providers = [...options.providers, ...own]
  const release = (podUid: string) => {
    for (const provider of providers) provider.release(podUid)
  }
  return {
    admit: (pod) => allocateAligned(policy, providers, pod, counters),
    adopt(pod) {
      const refusal = own.length > 0 ? allocateAligned(policy, own, pod, counters) : undefined
      if (refusal !== undefined)
        log.warn("a pod that runs has no CPUs or memory of its own", { pod: pod.metadata.name, ...refusal })
    },
    release,
    keepOnly(podUids) {
      const known = new Set(own.flatMap((each) => each.pods()))
      for (const uid of known) if (!podUids.has(uid)) release(uid)
    },
    placement(podUid, container) {
      const mems = memory?.nodes(podUid, container) ?? []
      return {
        ...(cpus && { cpusetCpus: formatCpus(cpus.of(podUid, container) ?? cpus.shared()) }),
        ...(mems.length > 0 && { cpusetMems: mems.join() }),
      }
    },
    ownCpus: (podUid, container) => ascending(cpus?.of(podUid, container)),
    allocatableCpus: () => ascending(cpus?.allocatable),
    ownMemory: (podUid, container) => memory?.of(podUid, container) ?? [],
    allocatableMemory: () => memory?.allocatable() ?? [],
    started: (pod, container) => memory?.started(pod, container),
    hasOwnCpus({ metadata, spec }, container) {
      if (cpus === undefined || !settings.gates.DisableCPUQuotaWithExclusiveCPUs) return false
      const all = container === undefined ? [...(spec.initContainers ?? []), ...spec.containers] : [container]
      return all.some((each) => cpus.of(metadata.uid, each.name) !== undefined)
    },
    metrics: () => cpus?.metrics() ?? [],
  }
}

const exclusive = onFirstUse<typeof import("../cpus/exclusive-cpus.ts")>("../cpus/exclusive-cpus.ts", import.meta.url)
const statics = onFirstUse<typeof import("../cpus/static-policy.ts")>("../cpus/static-policy.ts", import.meta.url)
const topologies = onFirstUse<typeof import("../cpus/cpu-topology.ts")>("../cpus/cpu-topology.ts", import.meta.url)
const pinned = onFirstUse<typeof import("../memory/pinned-memory.ts")>("../memory/pinned-memory.ts", import.meta.url)
const reservations = onFirstUse<typeof import("../memory/reserved-memory.ts")>(
  "../memory/reserved-memory.ts",
  import.meta.url,
)

const ascending = (cpus: Iterable<number> = []): number[] => [...cpus].sort((a, b) => a - b)

/** Undefined under the policy `none`. */
function openCpus(given: AllocationsOptions): ExclusiveCpus | undefined {
  const { counters, dataDir, log, machine, onChange, reserved, reservedCpus, settings } = given
  const path = join(dataDir, "cpu_manager_state")
  if (settings.cpu.policy === "none") {
    // That another policy follows must be noticed.
    if (readCpuState(path, "none") === undefined)
      writeCpuState(path, "none", { shared: new Set(), assigned: new Map() })
    return undefined
  }
  const topology = topologies().cpuTopology(machine)
  checkCpuOptions(settings.cpu.options, topology, settings.topology.policy)
  const policy = statics().staticCpuPolicy(topology, settings.cpu.options, reserved.get("cpu") ?? 0, reservedCpus)
  return exclusive().openExclusiveCpus({ policy, path, counters, log, onChange })
}

/** Undefined under the policy `None`. */
function openMemory(given: AllocationsOptions): PinnedMemory | undefined {
  const { counters, dataDir, log, machine, memoryThreshold, reserved, settings } = given
  const path = join(dataDir, "memory_manager_state")
  if (settings.memory.policy === "None") {
    if (readMemoryState(path, "None") === undefined)
      writeMemoryState(path, "None", { nodes: new Map(), assigned: new Map() })
    return undefined
  }
  const kept = (reserved.get("memory") ?? 0) + memoryThreshold
  const ofNodes = reservations().reservedMemory(settings.memory.reserved, machine.nodes, kept)
  return pinned().openPinnedMemory({ machine: machine.nodes, reserved: ofNodes, path, counters, log })
}
