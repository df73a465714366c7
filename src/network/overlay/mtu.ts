import { openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { familyFor } from "../family.ts"

/** What VXLAN adds to each packet, without the IP header: https://www.rfc-editor.org/rfc/rfc7348#section-5 */
const VXLAN_BYTES = 30
const MTU_DEFAULT = 1500

/**
 * The largest packet that pods should send: it fits into the tunnel, if there is one, and through the interface that
 * leads to the world. Larger ones would depend on routers that say what was too large, which many do not.
 */
export function podMtu(nodeIp: string, tunnel: boolean, netns?: string): number {
  const links = openRtnetlink(netns)
  try {
    const between = tunnel ? tunnelMtu(links, nodeIp) : underlayMtu(links, nodeIp)
    return Math.min(between, worldMtu(links, nodeIp) ?? between)
  } finally {
    links.close()
  }
}

/** The largest packet that fits into the tunnel between nodes' addresses. */
export function tunnelMtu(links: Rtnetlink, nodeIp: string): number {
  return underlayMtu(links, nodeIp) - VXLAN_BYTES - familyFor(nodeIp).headerBytes
}

/** Of the interface that has the node's address. */
function underlayMtu(links: Rtnetlink, nodeIp: string): number {
  const { index } = links.addresses().find(({ address }) => address === nodeIp) ?? {}
  return mtuOf(links, index) ?? MTU_DEFAULT
}

function worldMtu(links: Rtnetlink, nodeIp: string): number | undefined {
  const ways = links.routes().filter(({ destination }) => destination === familyFor(nodeIp).anywhere)
  const [best] = ways.toSorted((one, other) => (one.metric ?? 0) - (other.metric ?? 0))
  return mtuOf(links, best?.index)
}

function mtuOf(links: Rtnetlink, index: number | undefined): number | undefined {
  const link = links.links().find((candidate) => candidate.index === index)
  return link?.name === "lo" ? undefined : link?.mtu
}
