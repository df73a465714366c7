import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { TopologyHint, TopologyHints } from "../topology/hint-provider.ts"
import { countNodes, has, masksOf, type NumaMask, nodesOf } from "../topology/numa-mask.ts"
import { type CpuState, cpusOfContainer } from "./cpu-state.ts"
import { type CpuSet, cpusIn, idsOf } from "./cpu-topology.ts"
import {
  availableCpus,
  exclusiveCount,
  exclusivePodCount,
  reusableCpus,
  type StaticCpuPolicy,
} from "./static-policy.ts"

const none: TopologyHints = new Map()
const unobtainable: TopologyHints = new Map([["cpu", []]])
const nothing: CpuSet = new Set()

/** Where a container's CPUs could come from. */
export function containerCpuHints(
  policy: StaticCpuPolicy,
  state: CpuState,
  pod: Pod,
  container: Container,
): TopologyHints {
  const count = exclusiveCount(pod, container)
  if (count === 0) return none
  const allocated = cpusOfContainer(state, pod.metadata.uid, container.name)
  if (allocated === undefined) {
    return of(hints(policy, availableCpus(policy, state), reusableCpus(state, pod, container), count))
  }
  return allocated.size === count ? of(hints(policy, allocated, nothing, count)) : unobtainable
}

/** Where all of a pod's CPUs could come from. */
export function podCpuHints(policy: StaticCpuPolicy, state: CpuState, pod: Pod): TopologyHints {
  const count = exclusivePodCount(pod)
  if (count === 0) return none
  const allocated = new Set<number>()
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const cpus = cpusOfContainer(state, pod.metadata.uid, container.name)
    if (cpus === undefined) continue
    if (cpus.size !== exclusiveCount(pod, container)) return unobtainable
    for (const cpu of cpus) allocated.add(cpu)
  }
  if (allocated.size === count) return of(hints(policy, allocated, nothing, count))
  return of(hints(policy, availableCpus(policy, state), allocated, count))
}

const of = (list: readonly TopologyHint[]): TopologyHints => new Map([["cpu", list]])

/** Every set of NUMA nodes that has enough, and all of what is reused; those are preferred that are as small as can be. */
function hints(
  { options, topology }: StaticCpuPolicy,
  available: CpuSet,
  reusable: CpuSet,
  count: number,
): TopologyHint[] {
  const all = [...topology.cpus.values()]
  const nodeOf = (cpu: number) => topology.cpus.get(cpu)?.node ?? 0
  let least = topology.nodes.length
  const possible: NumaMask[] = []
  for (const mask of masksOf(topology.nodes)) {
    const capacity = all.reduce((sum, { node }) => sum + Number(has(mask, node)), 0)
    if (capacity >= count) least = Math.min(least, countNodes(mask))
    const isLocal = (cpu: number) => has(mask, nodeOf(cpu))
    if (![...reusable].every(isLocal)) continue
    if (reusable.size + [...available].filter(isLocal).length >= count) possible.push(mask)
  }
  const perSocket = Math.floor(topology.nodes.length / topology.socketCount)
  const isBySocket = (mask: NumaMask) =>
    options.bySocket &&
    perSocket > 0 &&
    idsOf(cpusIn(all, "node", ...nodesOf(mask)), "socket").length === Math.ceil(least / perSocket)
  return possible.map((affinity) => ({ affinity, preferred: countNodes(affinity) === least || isBySocket(affinity) }))
}
