import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { formatQuantity, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { NumaNode } from "../../platform/linux/machine-topology.ts"
import type { MemoryReservation } from "../settings/placement.ts"
import type { ReservedMemory } from "./memory-state.ts"

/**
 * What of each NUMA node pods do not get. `kept`: bytes that the node keeps in all, which the nodes' reservations must add
 * up to. Throws an `Error` in the kubelet's words.
 */
export function reservedMemory(
  given: readonly MemoryReservation[],
  nodes: readonly NumaNode[],
  kept: number,
): ReservedMemory {
  const reserved = new Map<number, Map<string, number>>(nodes.map(({ id }) => [id, new Map()]))
  const totals = new Map([["memory", 0]])
  for (const { limits, node } of given) {
    const ofNode = reserved.get(node)
    if (ofNode === undefined) {
      const which = `a NUMA node ${node} that does not exist on this machine`
      throw new Error(`the reserved memory configuration references ${which}`)
    }
    for (const [resource, bytes] of amountsOf(limits)) {
      ofNode.set(resource, bytes)
      totals.set(resource, (totals.get(resource) ?? 0) + bytes)
    }
  }
  const text = (bytes: number) => JSON.stringify(formatQuantity(quantityOf(bytes, "BinarySI")))
  for (const [resource, bytes] of totals) {
    const needed = resource === "memory" ? kept : 0
    if (bytes === needed) continue
    const what = `the total amount ${text(bytes)} of type ${JSON.stringify(resource)}`
    throw new Error(`${what} is not equal to the value ${text(needed)} determined by Node Allocatable feature`)
  }
  if (kept === 0) throw new Error("[memorymanager] you should specify the system reserved memory")
  return reserved
}
