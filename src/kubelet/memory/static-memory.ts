import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Amounts } from "../../api/core/v1/pod-resources.ts"
import { AllocationError, type TopologyHint } from "../topology/hint-provider.ts"
import { has, isNarrower, maskOf, type NumaMask, nodesOf } from "../topology/numa-mask.ts"
import { endedFirst } from "../topology/order-of-start.ts"
import { memoryRequests, mixes, type Placed, possible, reusable } from "./memory-hints.ts"
import { blocksOf, type MemoryBlock, type MemoryState, reserve, unreserve } from "./memory-state.ts"

/**
 * Sets memory aside for a container of a guaranteed pod, from the nodes of the hint and more when they do not have
 * enough. Throws an `AllocationError` when it cannot be had.
 * https://kubernetes.io/docs/tasks/administer-cluster/memory-manager/#static-policy
 */
export function allocateMemory(state: MemoryState, pod: Pod, container: Container, hint: TopologyHint): MemoryState {
  const requests = memoryRequests(container)
  const mask = nodesFor(state, pod, container, requests, hint)
  if (mixes(state, mask)) throw new AllocationError("[memorymanager] preferred hint violates NUMA node allocation")
  const blocks = [...requests].map(([resource, bytes]): MemoryBlock => ({ nodes: nodesOf(mask), resource, bytes }))
  let { nodes } = state
  for (const block of blocks) {
    const again = reusable(state, pod, container, mask, block.resource)
    nodes = reserve(nodes, block, Math.max(block.bytes - again, 0))
  }
  const ofPod = new Map(state.assigned.get(pod.metadata.uid)).set(container.name, blocks)
  for (const [name, left] of handedOn(state, pod, container, blocks)) ofPod.set(name, left)
  return { nodes, assigned: new Map(state.assigned).set(pod.metadata.uid, ofPod) }
}

function nodesFor(
  state: MemoryState,
  pod: Pod,
  container: Container,
  requests: Amounts,
  { affinity, preferred }: TopologyHint,
): NumaMask {
  const all = possible(state, pod, container, requests)
  let best: Placed
  if (affinity === undefined) {
    best = bestOf(all, "failed to get the default NUMA affinity, no NUMA nodes with enough memory is available")
    if (preferred && !best.preferred) throw failed("failed to find the default preferred hint")
  } else {
    best = { affinity, preferred }
  }
  if (hasEnough(state, best.affinity, requests)) return best.affinity
  const wider = all.filter((each) => nodesOf(best.affinity).every((node) => has(each.affinity, node)))
  const extended = bestOf(wider, "failed to find NUMA nodes to extend the current topology hint")
  if (best.preferred && !extended.preferred) throw failed("failed to find the extended preferred hint")
  return extended.affinity
}

const failed = (text: string) => new AllocationError(`[memorymanager] ${text}`)

function bestOf(hints: readonly Placed[], otherwise: string): Placed {
  const [best] = hints.toSorted(
    (a, b) => Number(b.preferred) - Number(a.preferred) || (isNarrower(a.affinity, b.affinity) ? -1 : 1),
  )
  if (best === undefined) throw failed(otherwise)
  return best
}

function hasEnough({ nodes }: MemoryState, mask: NumaMask, requests: Amounts): boolean {
  return [...requests].every(([resource, bytes]) => {
    const free = nodesOf(mask).reduce((sum, id) => sum + (nodes.get(id)?.tables.get(resource)?.free ?? 0), 0)
    return free >= bytes
  })
}

/** What is left to init containers of their blocks, after another has taken them over. */
function handedOn(
  state: MemoryState,
  pod: Pod,
  container: Container,
  blocks: readonly MemoryBlock[],
): (readonly [string, readonly MemoryBlock[]])[] {
  const wanted = new Map(blocks.map(({ bytes, resource }) => [resource, bytes]))
  const mask = maskOf(blocks[0]?.nodes ?? [])
  return endedFirst(pod, container).flatMap(({ name }) => {
    const before = blocksOf(state, pod.metadata.uid, name)
    if (before === undefined) return []
    const after = before.map((block) => {
      if (maskOf(block.nodes) !== mask) return block
      const taken = Math.min(block.bytes, wanted.get(block.resource) ?? 0)
      wanted.set(block.resource, (wanted.get(block.resource) ?? 0) - taken)
      return { ...block, bytes: block.bytes - taken }
    })
    return [[name, after] as const]
  })
}

/** Gives back what containers of a pod have. `which`: default all of them. */
export function releaseMemory(
  state: MemoryState,
  podUid: string,
  which: (container: string) => boolean = () => true,
): MemoryState {
  const ofPod = state.assigned.get(podUid) ?? new Map<string, readonly MemoryBlock[]>()
  const left = new Map([...ofPod].filter(([name]) => !which(name)))
  let { nodes } = state
  for (const [name, blocks] of ofPod) if (which(name)) for (const block of blocks) nodes = unreserve(nodes, block)
  const assigned = new Map(state.assigned)
  if (left.size === 0) assigned.delete(podUid)
  else assigned.set(podUid, left)
  return { nodes, assigned }
}
