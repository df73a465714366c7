import { gatewayOf } from "../../machinery/net/cidr.ts"
import { layoutOf } from "./layout.ts"
import { machineAddress } from "./machine-address.ts"
import type { ClusterRecord } from "./record.ts"

/** Whether the nodes of a cluster have a network of their own: for several nodes, or when this machine has no address. */
export function needsNodeNetwork(record: ClusterRecord): boolean {
  return record.nodes.length > 1 || machineAddress() === undefined
}

/** The address of the node that is this machine. The API server is reached there from everywhere. */
export function hostAddress(record: ClusterRecord): string {
  const own = needsNodeNetwork(record) ? undefined : machineAddress()
  return own ?? gatewayOf(layoutOf(record).nodeCidr)
}
