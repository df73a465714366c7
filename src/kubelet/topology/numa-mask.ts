/** A set of NUMA nodes, node n as bit n. Machines with nodes above 30 have no topology policy here. */
export type NumaMask = number

/** The highest node that a mask has a bit for. */
export const NUMA_NODE_MAX = 30

export function maskOf(nodes: Iterable<number>): NumaMask {
  let mask = 0
  for (const node of nodes) mask |= 1 << node
  return mask
}

/** Ascending. */
export function nodesOf(mask: NumaMask): number[] {
  const nodes: number[] = []
  for (let node = 0; mask >>> node !== 0; node++) if (has(mask, node)) nodes.push(node)
  return nodes
}

export function has(mask: NumaMask, node: number): boolean {
  return (mask & (1 << node)) !== 0
}

export function countNodes(mask: NumaMask): number {
  let count = 0
  for (let left = mask; left !== 0; left &= left - 1) count++
  return count
}

/** Fewer nodes, or as many with lower numbers. */
export function isNarrower(a: NumaMask, b: NumaMask): boolean {
  const [countA, countB] = [countNodes(a), countNodes(b)]
  return countA === countB ? a < b : countA < countB
}

/** Every set of one of the nodes and more: the smaller ones first, and among them in the order of `nodes`. */
export function masksOf(nodes: readonly number[]): NumaMask[] {
  const masks: NumaMask[] = []
  const extend = (from: number, mask: NumaMask, missing: number): void => {
    if (missing === 0) {
      masks.push(mask)
      return
    }
    for (let at = from; at < nodes.length; at++) extend(at + 1, mask | (1 << (nodes[at] ?? 0)), missing - 1)
  }
  for (let size = 1; size <= nodes.length; size++) extend(0, 0, size)
  return masks
}
