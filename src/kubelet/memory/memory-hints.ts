import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, amountsOf } from "../../api/core/v1/pod-resources.ts"
import { hasPodLevelResources, qosClass } from "../resources/pod-resources.ts"
import type { TopologyHint, TopologyHints } from "../topology/hint-provider.ts"
import { countNodes, maskOf, masksOf, type NumaMask, nodesOf } from "../topology/numa-mask.ts"
import { endedFirst } from "../topology/order-of-start.ts"
import { blocksOf, type MemoryBlock, type MemoryState } from "./memory-state.ts"

const none: TopologyHints = new Map()

/** Whose memory is to come from certain nodes. Not of pods with resources as a whole: PodLevelResourceManagers is off. */
export function isPinned(pod: Pod): boolean {
  return qosClass(pod) === "Guaranteed" && !hasPodLevelResources(pod)
}

export function memoryRequests({ resources }: Container): Amounts {
  return new Map(
    [...amountsOf(resources?.requests)].filter(([name]) => name === "memory" || name.startsWith("hugepages-")),
  )
}

/** What a pod needs at its worst moment, by resource. */
function podMemoryRequests({ spec }: Pod): Amounts {
  const [starting, sidecars, total] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  for (const container of spec.initContainers ?? []) {
    for (const [name, bytes] of memoryRequests(container)) {
      const beside = (sidecars.get(name) ?? 0) + bytes
      if (container.restartPolicy === "Always") sidecars.set(name, beside)
      else starting.set(name, Math.max(starting.get(name) ?? 0, beside))
    }
  }
  for (const container of spec.containers) {
    for (const [name, bytes] of memoryRequests(container)) total.set(name, (total.get(name) ?? 0) + bytes)
  }
  return new Map(
    [...total].map(([name, bytes]) => [name, Math.max(bytes + (sidecars.get(name) ?? 0), starting.get(name) ?? 0)]),
  )
}

export function containerMemoryHints(state: MemoryState, pod: Pod, container: Container): TopologyHints {
  if (!isPinned(pod)) return none
  const requests = memoryRequests(container)
  const blocks = blocksOf(state, pod.metadata.uid, container.name)
  return blocks === undefined
    ? asHints(requests, possible(state, pod, container, requests))
    : ofBlocks(blocks, requests)
}

export function podMemoryHints(state: MemoryState, pod: Pod): TopologyHints {
  const requests = podMemoryRequests(pod)
  if (!isPinned(pod) || requests.size === 0) return none
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const blocks = all.map(({ name }) => blocksOf(state, pod.metadata.uid, name)).find((each) => each !== undefined)
  return blocks === undefined
    ? asHints(requests, possible(state, pod, undefined, requests))
    : ofBlocks(blocks, requests)
}

/** The same for each resource: what a container has of memory comes from the same nodes. */
function asHints(requests: Amounts, hints: readonly Placed[]): TopologyHints {
  return hints.length === 0 ? none : new Map([...requests.keys()].map((name) => [name, hints]))
}

/** Of what was allocated before; none when it is not what is asked for now. */
function ofBlocks(blocks: readonly MemoryBlock[], requests: Amounts): TopologyHints {
  if (blocks.length !== requests.size) return none
  if (blocks.some(({ bytes, resource }) => requests.get(resource) !== bytes)) return none
  return new Map(blocks.map(({ nodes, resource }) => [resource, [{ affinity: maskOf(nodes), preferred: true }]]))
}

export type Placed = TopologyHint & { readonly affinity: NumaMask }

/** The sets of nodes that have enough of everything; those are preferred that are as small as the machine allows. */
export function possible(state: MemoryState, pod: Pod, before: Container | undefined, requests: Amounts): Placed[] {
  const ids = [...state.nodes.keys()].sort((a, b) => a - b)
  let least = ids.length
  const masks = masksOf(ids).filter((mask) => {
    const sum = (field: "free" | "allocatable", name: string) =>
      nodesOf(mask).reduce((total, id) => total + (state.nodes.get(id)?.tables.get(name)?.[field] ?? 0), 0)
    if ([...requests].some(([name, bytes]) => sum("allocatable", name) < bytes)) return false
    least = Math.min(least, countNodes(mask))
    if (!mayUse(state, mask)) return false
    return [...requests].every(([name, bytes]) => sum("free", name) + reusable(state, pod, before, mask, name) >= bytes)
  })
  return masks.map((affinity) => ({ affinity, preferred: countNodes(affinity) === least }))
}

/** A node gives memory either to allocations from it alone, or to those from one group of nodes. */
function mayUse(state: MemoryState, mask: NumaMask): boolean {
  const ids = nodesOf(mask)
  if (ids.length === 1) return state.nodes.get(ids[0] ?? 0)?.cells.length === 1
  return !mixes(state, mask)
}

/** Whether an allocation from several nodes would share one with an allocation from others. */
export function mixes({ nodes }: MemoryState, mask: NumaMask): boolean {
  const ids = nodesOf(mask)
  if (ids.length === 1) return false
  return ids.some((id) => {
    const { assignments = 0, cells = [] } = nodes.get(id) ?? {}
    return assignments > 0 && (cells.length === 1 || maskOf(cells) !== mask)
  })
}

/** Memory that init containers which end before `before` have from the very nodes. */
export function reusable(
  state: MemoryState,
  pod: Pod,
  before: Container | undefined,
  mask: NumaMask,
  resource: string,
): number {
  if (before === undefined) return 0
  return endedFirst(pod, before)
    .flatMap(({ name }) => blocksOf(state, pod.metadata.uid, name) ?? [])
    .filter((block) => block.resource === resource && maskOf(block.nodes) === mask)
    .reduce((sum, { bytes }) => sum + bytes, 0)
}
