import { formatIpv4, parseCidr } from "../../machinery/net/cidr.ts"
import { layoutOf } from "./layout.ts"
import { machineAddress } from "./machine-address.ts"
import type { ClusterRecord } from "./record.ts"

/** Whether the nodes of a cluster have a network of their own: for several nodes, or when this machine has no address. */
export function needsNodeNetwork(record: ClusterRecord): boolean {
  return record.nodes.length > 1 || machineAddress() === undefined
}

/** A node's own address. The API server is reached at the first node's from everywhere. */
export function nodeAddress(record: ClusterRecord, nodeName: string): string {
  const layout = layoutOf(record)
  const { index } = layout.node(nodeName)
  const own = index > 0 || needsNodeNetwork(record) ? undefined : machineAddress()
  return own ?? formatIpv4(parseCidr(layout.nodeCidr).first + 1 + index)
}

/** The address of the node that is this machine. */
export const hostAddress = (record: ClusterRecord): string => nodeAddress(record, record.nodes[0]?.name ?? "")
