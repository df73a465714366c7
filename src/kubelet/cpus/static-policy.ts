import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { hasPodLevelResources, qosClass } from "../resources/pod-resources.ts"
import { AllocationError } from "../topology/hint-provider.ts"
import { type NumaMask, nodesOf } from "../topology/numa-mask.ts"
import { leftBefore } from "../topology/order-of-start.ts"
import type { CpuState } from "./cpu-state.ts"
import { type CpuSet, type CpuTopology, cpusIn, idsOf, numbersOf, withSiblings } from "./cpu-topology.ts"
import { takeDistributed } from "./distribute-cpus.ts"
import type { StaticCpuOptions } from "./policy-options.ts"
import { takePacked } from "./take-cpus.ts"

/**
 * Containers of guaranteed pods that ask for whole CPUs get CPUs of their own; all others share the rest.
 * https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/#static-policy
 */
export interface StaticCpuPolicy {
  readonly topology: CpuTopology
  readonly options: StaticCpuOptions
  /** Never given to one container alone. */
  readonly reserved: CpuSet
}

/**
 * `reservedMilli`: what is kept for others than pods, in thousandths. `given`: the very CPUs, when somebody named them.
 * Throws an `Error` in the kubelet's words.
 */
export function staticCpuPolicy(
  topology: CpuTopology,
  options: StaticCpuOptions,
  reservedMilli: number,
  given: CpuSet | undefined,
): StaticCpuPolicy {
  if (reservedMilli === 0) {
    const needed = "the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero"
    throw new Error(`[cpumanager] ${needed}`)
  }
  const count = Math.ceil(reservedMilli / 1000)
  const policy: StaticCpuPolicy = { topology, options, reserved: new Set() }
  const reserved = given ?? take(policy, new Set(topology.cpus.keys()), count)
  const unknown = [...reserved].find((cpu) => !topology.cpus.has(cpu))
  if (unknown !== undefined) {
    const why = `unknown CPU ID: ${unknown}`
    throw new Error(`[cpumanager] unable to build the reserved physical CPUs from the reserved set: ${why}`)
  }
  return { ...policy, reserved }
}

/** CPUs that a container may have for itself now. */
export function availableCpus({ reserved }: StaticCpuPolicy, { shared }: CpuState): Set<number> {
  return new Set(shared).difference(reserved)
}

/** How many CPUs a container is to have for itself; 0: it shares. */
export function exclusiveCount(pod: Pod, container: Container): number {
  // Pods with resources of their own as a whole share, as the gate PodLevelResourceManagers is off.
  if (hasPodLevelResources(pod) || qosClass(pod) !== "Guaranteed") return 0
  const milli = amountsOf(container.resources?.requests).get("cpu") ?? 0
  return milli % 1000 === 0 ? milli / 1000 : 0
}

/** How many a pod needs at its worst moment, when init containers hand theirs on. */
export function exclusivePodCount(pod: Pod): number {
  let [starting, sidecars] = [0, 0]
  for (const container of pod.spec.initContainers ?? []) {
    const count = exclusiveCount(pod, container)
    if (container.restartPolicy === "Always") sidecars += count
    else starting = Math.max(starting, sidecars + count)
  }
  const running = pod.spec.containers.reduce((sum, container) => sum + exclusiveCount(pod, container), sidecars)
  return Math.max(starting, running)
}

/** CPUs of init containers that end before `before` begins, and that no other container has taken over. */
export function reusableCpus(state: CpuState, pod: Pod, before: Container): CpuSet {
  const assigned = state.assigned.get(pod.metadata.uid)
  return leftBefore(pod, before, (container) => assigned?.get(container) ?? [])
}

/**
 * The CPUs that a container is given, near the NUMA nodes of `affinity` where they have some. Throws an
 * `AllocationError` when they cannot be had.
 */
export function exclusiveCpus(
  policy: StaticCpuPolicy,
  state: CpuState,
  count: number,
  { affinity, reusable }: { readonly affinity: NumaMask | undefined; readonly reusable: CpuSet },
): Set<number> {
  refuseMisaligned(policy, state, count)
  const available = availableCpus(policy, state).union(reusable)
  const aligned = affinity === undefined ? new Set<number>() : available.intersection(near(policy, affinity))
  const first = take(policy, aligned, Math.min(count, aligned.size))
  return first.union(take(policy, available.difference(first), count - first.size))
}

/** Who wants whole cores must ask for whole cores, and there must be as many of which nothing is in use. */
function refuseMisaligned({ options, reserved, topology }: StaticCpuPolicy, state: CpuState, count: number): void {
  if (!options.fullCores) return
  const { perCore } = topology
  if (count % perCore !== 0) {
    throw misaligned(`requested ${count} cpus not multiple cpus per core = ${perCore}`)
  }
  const available = new Set(state.shared).difference(withSiblings(topology, reserved)).size
  if (count <= available) return
  const counts = `available physical CPUs = ${available}, requested CPUs = ${count}, CPUs per core = ${perCore}`
  throw misaligned(`not enough free physical CPUs: ${counts}`)
}

const misaligned = (text: string) => new AllocationError(`SMT Alignment Error: ${text}`, "SMTAlignmentError")

function near({ options, topology }: StaticCpuPolicy, affinity: NumaMask): Set<number> {
  const all = [...topology.cpus.values()]
  const local = cpusIn(all, "node", ...nodesOf(affinity))
  return numbersOf(options.bySocket ? cpusIn(all, "socket", ...idsOf(local, "socket")) : local)
}

function take({ options, topology }: StaticCpuPolicy, available: CpuSet, count: number): Set<number> {
  const sorting = options.acrossCores ? "spread" : "packed"
  if (!options.acrossNodes) return takePacked(topology, available, count, { sorting, alignCaches: options.alignCaches })
  return takeDistributed(topology, available, count, options.fullCores ? topology.perCore : 1, sorting)
}
