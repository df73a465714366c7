import { isIPv4 } from "node:net"
import type { Node } from "../../api/core/v1/node.ts"
import { formatIpv4, parseCidr } from "../../machinery/net/cidr.ts"
import type { Neighbour, Route } from "../../platform/linux/netlink/rtnetlink.ts"

/** Another node, as far as reaching its pods goes. */
export interface Peer {
  readonly podCidr: string
  readonly nodeIp: string
}

/** What must be in the kernel for a peer's pods to be reached over the device with `index`. */
export interface PeerEntries {
  readonly routes: readonly Route[]
  /** Which hardware address a peer's end of the tunnel has. */
  readonly neighbours: readonly Neighbour[]
  /** Behind which machine a hardware address is. */
  readonly forwardings: readonly Neighbour[]
}

/** The other nodes that have a pod range and an address; those that lack one cannot be reached yet. */
export function peersOf(nodes: readonly Node[], ownName: string): Peer[] {
  return nodes.flatMap((node) => {
    const podCidr = (node.spec.podCIDRs ?? [node.spec.podCIDR ?? ""]).find(isIPv4Cidr)
    const nodeIp = node.status.addresses?.find(({ type, address }) => type === "InternalIP" && isIPv4(address))?.address
    return node.metadata.name === ownName || !podCidr || !nodeIp ? [] : [{ podCidr, nodeIp }]
  })
}

export function entriesOf(peers: readonly Peer[], index: number): PeerEntries {
  return {
    routes: peers.map(({ podCidr }) => ({
      type: "unicast",
      destination: podCidr,
      gateway: tunnelAddress(podCidr),
      onlink: true,
      index,
    })),
    neighbours: peers.map(({ podCidr, nodeIp }) => ({
      index,
      address: tunnelAddress(podCidr),
      mac: tunnelMac(nodeIp),
      fdb: false,
    })),
    forwardings: peers.map(({ nodeIp }) => ({ index, address: nodeIp, mac: tunnelMac(nodeIp), fdb: true })),
  }
}

/** The address of a node's end of the tunnel: the pod range's own, which no pod can have. */
export function tunnelAddress(podCidr: string): string {
  return formatIpv4(parseCidr(podCidr).first)
}

/**
 * The hardware address of a node's end, derived from the node's address: every node knows it without being told.
 * Locally administered, and other than those of pods.
 */
export function tunnelMac(nodeIp: string): string {
  const octets = [0x0a, 0x59, ...nodeIp.split(".").map(Number)]
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":")
}

function isIPv4Cidr(text: string): boolean {
  return isIPv4(text.split("/")[0] ?? "")
}
