import type { Node } from "../../api/core/v1/node.ts"
import { canonicalIp, ipAddressAnySpelling } from "../../machinery/names/addresses.ts"
import { familyOf, formatAddress, gatewayOf, macOf, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import type { Neighbour, Route } from "../../platform/linux/netlink/rtnetlink.ts"
import { ofFamily } from "../family.ts"

/** Another node, as far as reaching its pods goes. */
export interface Peer {
  /** One of each family that its pods have. */
  readonly podCidrs: readonly string[]
  /** Where its end of the tunnel is. */
  readonly nodeIp: string
  /** All of its own, this one among them. */
  readonly nodeIps: readonly string[]
}

/** What must be in the kernel for a peer's pods to be reached over the device with `index`. */
export interface PeerEntries {
  readonly routes: readonly Route[]
  /** Which hardware address a peer's end of the tunnel has. */
  readonly neighbours: readonly Neighbour[]
  /** Behind which machine a hardware address is. */
  readonly forwardings: readonly Neighbour[]
}

/** The other nodes that have a pod range, and an address of the family of the tunnels; others cannot be reached yet. */
export function peersOf(nodes: readonly Node[], own: { readonly nodeName: string; readonly nodeIp: string }): Peer[] {
  return nodes.flatMap(({ metadata, spec, status }) => {
    const podCidrs = spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : [])
    // The API takes any text, and nodes say it of themselves: no one of them may harm the others.
    const nodeIps = (status.addresses ?? []).flatMap(({ type, address }) =>
      type === "InternalIP" && ipAddressAnySpelling(address).length === 0 ? [canonicalIp(address)] : [],
    )
    const nodeIp = ofFamily(nodeIps, own.nodeIp)
    const isPeer = metadata.name !== own.nodeName && podCidrs.length > 0
    return isPeer && nodeIp !== undefined ? [{ podCidrs, nodeIp, nodeIps }] : []
  })
}

export function entriesOf(peers: readonly Peer[], index: number): PeerEntries {
  const ranges = peers.flatMap(({ podCidrs, nodeIp }) => podCidrs.map((podCidr) => ({ podCidr, nodeIp })))
  return {
    routes: ranges.map(({ podCidr, nodeIp }) => ({
      type: "unicast",
      destination: podCidr,
      gateway: tunnelGateway(podCidr, nodeIp),
      onlink: true,
      index,
    })),
    neighbours: ranges.map(({ podCidr, nodeIp }) => ({
      index,
      address: tunnelGateway(podCidr, nodeIp),
      mac: tunnelMac(nodeIp),
      fdb: false,
    })),
    forwardings: peers.map(({ nodeIp }) => ({ index, address: nodeIp, mac: tunnelMac(nodeIp), fdb: true })),
  }
}

/**
 * The address of a node's end of the tunnel, which no pod can have: the pod range's own, but with IPv6, where all routers
 * of a network answer to that one, the one behind the bridge's.
 */
export function tunnelAddress(podCidr: string): string {
  if (familyOf(podCidr) === "IPv4") return formatAddress(parseCidr(podCidr).first)
  return formatAddress(parseAddress(gatewayOf(podCidr)) + 1n)
}

/**
 * The next hop to a node's pods. With IPv6 an address that is valid on the device only: the kernel takes no other for one
 * to which it knows another way, and the route for pods of unknown nodes is such a way.
 */
function tunnelGateway(podCidr: string, nodeIp: string): string {
  if (familyOf(podCidr) === "IPv4") return tunnelAddress(podCidr)
  return formatAddress(parseAddress("fe80::") + BigInt(`0x${tunnelMac(nodeIp).replaceAll(":", "")}`))
}

/**
 * The hardware address of a node's end, derived from the node's address: every node knows it without being told.
 * Locally administered, and other than those of pods.
 */
export function tunnelMac(nodeIp: string): string {
  return macOf(nodeIp).replace(/^0a:58:/, "0a:59:")
}
