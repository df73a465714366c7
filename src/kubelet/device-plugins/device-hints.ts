import type { TopologyHint } from "../topology/hint-provider.ts"
import { countNodes, has, masksOf } from "../topology/numa-mask.ts"
import type { PluginDevice } from "./plugin-resources.ts"

export interface HintFacts {
  readonly amount: number
  readonly available: ReadonlySet<string>
  readonly reusable: ReadonlySet<string>
  /** Of the resource, by id. */
  readonly devices: ReadonlyMap<string, PluginDevice>
  /** Of the machine. */
  readonly numaNodes: readonly number[]
}

/** Whether it matters to any device of a resource which NUMA nodes it is used from. */
export function isTiedToNodes(devices: ReadonlyMap<string, PluginDevice>): boolean {
  return [...devices.values()].some(({ nodes }) => nodes.length > 0)
}

/** The sets of NUMA nodes that an amount of devices can come from. A pure function. */
export function deviceHints({ amount, available, devices, numaNodes, reusable }: HintFacts): TopologyHint[] {
  const near = new Set([...devices.values()].flatMap(({ nodes }) => nodes))
  // Nodes without devices would only multiply the sets.
  const withDevices = numaNodes.filter((node) => near.has(node))
  const nodes = withDevices.length > 0 ? withDevices : numaNodes
  const nodesOf = (id: string) => devices.get(id)?.nodes ?? []
  let least = nodes.length
  const affinities = masksOf(nodes).filter((mask) => {
    const isIn = (id: string) => nodesOf(id).some((node) => has(mask, node))
    if ([...devices.keys()].filter(isIn).length >= amount) least = Math.min(least, countNodes(mask))
    const tied = [...reusable].filter((id) => nodesOf(id).length > 0)
    if (!tied.every(isIn)) return false
    return tied.length + [...available].filter(isIn).length >= amount
  })
  return affinities.map((affinity) => ({ affinity, preferred: countNodes(affinity) === least }))
}
