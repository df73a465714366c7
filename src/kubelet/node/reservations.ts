import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import type { LinuxContainerResources } from "../../runtime/runtime.ts"
import { parseCpus } from "../cpus/cpu-set.ts"
import { amountOf } from "../eviction/thresholds.ts"
import { cpuShares } from "../resources/cgroup-values.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import type { Disk, Machine } from "./machine.ts"

/** What of the machine pods may have. https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/ */

type Reserving = Pick<KubeletSettings, "eviction" | "reserved">

/** Kept for others, by resource; of CPU in thousandths. */
export function reservedAmounts({ reserved }: Pick<Reserving, "reserved">): ReadonlyMap<string, number> {
  const amounts = new Map<string, number>()
  for (const list of [reserved.system, reserved.kube]) {
    for (const [name, amount] of amountsOf(list)) amounts.set(name, (amounts.get(name) ?? 0) + amount)
  }
  if (reserved.cpus !== undefined) amounts.set("cpu", parseCpus(reserved.cpus).length * 1000)
  return amounts
}

export interface Available {
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly diskBytes: number
}

/** What is left when that is kept, and what must stay free lest pods be evicted. */
export function availableToPods(machine: Machine, disk: Disk, settings: Reserving): Available {
  const reserved = reservedAmounts(settings)
  const { hard } = settings.eviction
  const left = (resource: string, capacity: number, threshold: string | undefined) =>
    Math.max(capacity - (reserved.get(resource) ?? 0) - amountOf(threshold ?? "0", capacity), 0)
  return {
    cpuMilli: left("cpu", machine.cpuMilli, undefined),
    memoryBytes: left("memory", machine.memoryBytes, hard["memory.available"]),
    diskBytes: left("ephemeral-storage", disk.capacityBytes, hard["nodefs.available"]),
  }
}

/** What the group of all pods is limited to. Eviction acts below it, and the kernel at it. */
export function limitOfPods(machine: Machine, settings: Pick<Reserving, "reserved">): LinuxContainerResources {
  const reserved = settings.reserved.enforced ? reservedAmounts(settings) : new Map<string, number>()
  const pids = reserved.get("pid") ?? 0
  return {
    cpuShares: cpuShares(Math.max(machine.cpuMilli - (reserved.get("cpu") ?? 0), 0)),
    memoryLimitBytes: Math.max(machine.memoryBytes - (reserved.get("memory") ?? 0), 0),
    ...(pids > 0 && { pidsLimit: Math.max(machine.pidsMax - pids, 1) }),
  }
}

/** Why the machine cannot keep as much as it is told to. */
export function reservationProblem(machine: Machine, disk: Disk, settings: Reserving): string | undefined {
  const reserved = reservedAmounts(settings)
  const { hard } = settings.eviction
  const problems = [
    shortOf("cpu", machine.cpuMilli, reserved.get("cpu") ?? 0),
    shortOf(
      "memory",
      machine.memoryBytes,
      (reserved.get("memory") ?? 0) + amountOf(hard["memory.available"] ?? "0", machine.memoryBytes),
    ),
    shortOf(
      "ephemeral-storage",
      disk.capacityBytes,
      (reserved.get("ephemeral-storage") ?? 0) + amountOf(hard["nodefs.available"] ?? "0", disk.capacityBytes),
    ),
  ].flatMap((problem) => problem ?? [])
  return problems.length === 0 ? undefined : `invalid Node Allocatable configuration. ${problems.join(" ")}`
}

function shortOf(resource: string, capacity: number, reserved: number): string | undefined {
  if (reserved <= capacity) return undefined
  return `Resource "${resource}" has a reservation of ${reserved} but capacity of ${capacity}. Expected capacity >= reservation.`
}
