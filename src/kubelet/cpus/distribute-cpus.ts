import { AllocationError } from "../topology/hint-provider.ts"
import { type CpuSet, type CpuTopology, cpusIn, numbersOf } from "./cpu-topology.ts"
import { CpuTaker, type Taking, takePacked } from "./take-cpus.ts"

/**
 * Takes `count` CPUs from as few NUMA nodes as can be, and equally many from each of them. What does not divide comes
 * from those that leave all nodes most alike. `groupSize`: how many CPUs are handed out at a time, such as a core's.
 * When it cannot be so, they are taken packed. https://kep.k8s.io/2902
 */
export function takeDistributed(
  topology: CpuTopology,
  available: CpuSet,
  count: number,
  groupSize: number,
  sorting: Taking["sorting"],
): Set<number> {
  const how: Taking = { sorting, alignCaches: false }
  if (count % groupSize !== 0) return takePacked(topology, available, count, how)
  const taker = new CpuTaker(topology, available, count, sorting)
  if (taker.isDone) return taker.taken
  taker.refuseShortage(count, available.size)
  const nodes = taker.nodes()
  const freeOf = (node: number) => cpusIn(taker.free, "node", node).length
  const { least, most } = nodesNeeded(topology, count, groupSize, nodes.length)
  for (let size = least; size <= most; size++) {
    const free = new Map(nodes.map((node) => [node, freeOf(node)]))
    const share = bestShare(free, nodes, size, count, groupSize)
    if (share === undefined) continue
    const takeFrom = (node: number, cpus: number) =>
      taker.take(takePacked(topology, numbersOf(cpusIn(taker.free, "node", node)), cpus, how))
    for (const node of share.nodes) takeFrom(node, share.each)
    for (const node of inTurn(share.rest, count - share.each * size, groupSize, freeOf)) takeFrom(node, groupSize)
    if (taker.needed !== 0) throw accountingError(taker.needed)
    return taker.taken
  }
  return takePacked(topology, available, count, how)
}

function accountingError(needed: number): AllocationError {
  const what = needed > 0 ? "not enough" : "too many"
  return new AllocationError(`accounting error, ${what} CPUs allocated, remaining: ${needed}`)
}

/** How many nodes it takes at least, if all were free, and at most. */
function nodesNeeded({ cpus, nodes }: CpuTopology, count: number, groupSize: number, available: number) {
  const groups = Math.ceil(cpus.size / groupSize)
  const perNode = Math.ceil(groups / nodes.length)
  const needed = Math.ceil(count / groupSize)
  return { least: Math.ceil(needed / perNode), most: Math.min(needed, available) }
}

interface Share {
  readonly nodes: readonly number[]
  /** CPUs from each of them. */
  readonly each: number
  /** Who gives what is left to give. */
  readonly rest: readonly number[]
}

/** The `size` nodes that leave all most alike when they give the same number of CPUs, if any can. */
function bestShare(
  free: ReadonlyMap<number, number>,
  nodes: readonly number[],
  size: number,
  count: number,
  groupSize: number,
): Share | undefined {
  const each = Math.floor(count / size / groupSize) * groupSize
  const of = (node: number) => free.get(node) ?? 0
  let best: Share | undefined
  let bestBalance = Number.POSITIVE_INFINITY
  for (const combination of combinations(nodes, size)) {
    if (bestBalance === 0) break
    const whole = combination.reduce((sum, node) => sum + Math.floor(of(node) / groupSize) * groupSize, 0)
    if (whole < count || combination.some((node) => of(node) < each)) continue
    const left = new Map(free)
    for (const node of combination) left.set(node, of(node) - each)
    const found = bestRest(left, combination, count - each * size, groupSize)
    if (found === undefined || found.balance >= bestBalance) continue
    bestBalance = found.balance
    best = { nodes: combination, each, rest: found.rest }
  }
  return best
}

/** Who of the nodes gives the remainder: of all choices the one that leaves the nodes most alike. */
function bestRest(left: ReadonlyMap<number, number>, nodes: readonly number[], remainder: number, groupSize: number) {
  if (remainder === 0) return { balance: deviation(left), rest: [] }
  const able = nodes.filter((node) => (left.get(node) ?? 0) >= groupSize)
  let best: { readonly balance: number; readonly rest: readonly number[] } | undefined
  for (let size = able.length; size >= 1; size--) {
    for (const rest of combinations(able, size)) {
      if (rest.reduce((sum, node) => sum + (left.get(node) ?? 0), 0) < remainder) continue
      const after = new Map(left)
      const freeOf = (node: number) => after.get(node) ?? 0
      for (const node of inTurn(rest, remainder, groupSize, freeOf)) after.set(node, freeOf(node) - groupSize)
      const balance = deviation(after)
      if (best === undefined || balance < best.balance) best = { balance, rest }
    }
  }
  return best
}

/** Goes round the nodes until they have given everything. `freeOf` is asked each time. */
function* inTurn(
  nodes: readonly number[],
  count: number,
  groupSize: number,
  freeOf: (node: number) => number,
): Generator<number> {
  for (let left = count; left > 0; ) {
    const before = left
    for (const node of nodes) {
      if (left <= 0 || freeOf(node) < groupSize) continue
      left -= groupSize
      yield node
    }
    if (left === before) return
  }
}

/** Every choice of `size` of the items, in their order. */
function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, at) => combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]))
}

/** Standard deviation to three digits, of means to three digits. */
function deviation(counts: ReadonlyMap<number, number>): number {
  const values = [...counts.values()]
  const toThree = (value: number) => Math.round(value * 1000) / 1000
  const mean = toThree(values.reduce((sum, value) => sum + value, 0) / values.length)
  return toThree(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length))
}
