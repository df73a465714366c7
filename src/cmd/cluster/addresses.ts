import { familyOf } from "../../machinery/net/cidr.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { layoutOf } from "./layout.ts"
import { machineAddress } from "./machine-address.ts"
import { addressIn } from "./ranges.ts"
import type { ClusterRecord } from "./record.ts"

/** At least one: a node has an address of each family that its cluster has. */
export type Addresses = readonly [string, ...string[]]

/** Whether the nodes of a cluster have a network of their own: for several nodes, or when this machine lacks an address. */
export function needsNodeNetwork(record: ClusterRecord): boolean {
  return record.nodes.length > 1 || ownAddresses(record).includes(undefined)
}

/** A node's own addresses. The API server is reached at the first node's from everywhere. */
export function nodeAddresses(record: ClusterRecord, nodeName: string): Addresses {
  const layout = layoutOf(record)
  const { index } = layout.node(nodeName)
  const own = index > 0 || needsNodeNetwork(record) ? [] : ownAddresses(record)
  const [first = "", ...others] = layout.ranges.map(
    ({ nodeCidr }, place) => own[place] ?? addressIn(nodeCidr, index + 1),
  )
  return [first, ...others]
}

/** The addresses of the node that is this machine. */
export const hostAddresses = (record: ClusterRecord): Addresses => nodeAddresses(record, record.nodes[0]?.name ?? "")

/** Where the API server is reached from all nodes. */
export function apiServerUrl(record: ClusterRecord): string {
  const [host] = hostAddresses(record)
  return `https://${hostPort({ host, port: record.apiPort })}`
}

function ownAddresses(record: ClusterRecord): (string | undefined)[] {
  return layoutOf(record).ranges.map(({ podCidr }) => machineAddress(familyOf(podCidr)))
}
