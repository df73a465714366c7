import { bitsOf, cidrContains, familyOf, formatAddress, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import type { ProxyNeighbour, Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"

/** Each is an entry in the kernel, which looks through them one after another. */
const ANNOUNCED_MAX = 1024

/**
 * Makes this machine answer ARP, or neighbour solicitations, for those addresses that lie in a network which it is
 * connected to: other machines of that network take them for neighbours, and ask for them. Does nothing for addresses of
 * other networks. May be repeated; takes microseconds when nothing is missing. `ownDevice`: the bridge that they are
 * routed to.
 */
export function announce(links: Rtnetlink, cidrs: readonly string[], ownDevice: string): void {
  const wanted = announcements(links, cidrs, ownDevice)
  if (wanted.length === 0) return
  const present = new Set(links.proxies().map(keyOf))
  for (const entry of wanted) if (!present.has(keyOf(entry))) links.setProxy(entry)
}

/** Ends it, on whatever interface. */
export function withdraw(links: Rtnetlink, cidrs: readonly string[]): void {
  const ranges = cidrs.map(parseCidr)
  for (const entry of links.proxies()) {
    if (ranges.some((range) => cidrContains(range, parseAddress(entry.address)))) links.deleteProxy(entry)
  }
}

function announcements(links: Rtnetlink, cidrs: readonly string[], ownDevice: string): ProxyNeighbour[] {
  const own = links.link(ownDevice)?.index
  const networks = links.addresses().flatMap(({ index, address, prefixLength }) => {
    const isLocal = address.startsWith("127.") || address.startsWith("fe80:")
    const isNetwork = prefixLength < bitsOf(familyOf(address)) - 1 && index !== own && !isLocal
    return isNetwork ? [{ index, range: parseCidr(`${address}/${prefixLength}`) }] : []
  })
  const entries: ProxyNeighbour[] = []
  for (const { first, last } of cidrs.map(parseCidr)) {
    for (const { index, range } of networks) {
      const to = last < range.last ? last : range.last
      for (
        let number = first > range.first ? first : range.first;
        number <= to && entries.length < ANNOUNCED_MAX;
        number++
      ) {
        entries.push({ index, address: formatAddress(number) })
      }
    }
  }
  return entries
}

const keyOf = ({ index, address }: ProxyNeighbour): string => `${index} ${address}`
