import { openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"

/** What VXLAN over IPv4 adds to each packet: https://www.rfc-editor.org/rfc/rfc7348#section-5 */
export const VXLAN_OVERHEAD_BYTES = 50
const MTU_DEFAULT = 1500

/**
 * The largest packet that pods should send: it fits into the tunnel, if there is one, and through the interface that
 * leads to the world. Larger ones would depend on routers that say what was too large, which many do not.
 */
export function podMtu(nodeIp: string, tunnel: boolean, netns?: string): number {
  const links = openRtnetlink(netns)
  try {
    const between = underlayMtu(links, nodeIp) - (tunnel ? VXLAN_OVERHEAD_BYTES : 0)
    return Math.min(between, worldMtu(links) ?? between)
  } finally {
    links.close()
  }
}

/** Of the interface that has the node's address. */
export function underlayMtu(links: Rtnetlink, nodeIp: string): number {
  const { index } = links.addresses().find(({ address }) => address === nodeIp) ?? {}
  return mtuOf(links, index) ?? MTU_DEFAULT
}

function worldMtu(links: Rtnetlink): number | undefined {
  const ways = links.routes().filter(({ destination }) => destination === "0.0.0.0/0")
  const [best] = ways.toSorted((one, other) => (one.metric ?? 0) - (other.metric ?? 0))
  return mtuOf(links, best?.index)
}

function mtuOf(links: Rtnetlink, index: number | undefined): number | undefined {
  const link = links.links().find((candidate) => candidate.index === index)
  return link?.name === "lo" ? undefined : link?.mtu
}
