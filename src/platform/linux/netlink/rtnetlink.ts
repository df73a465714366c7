import { hasCode } from "../system-error.ts"
import {
  decodeInterfaceAddress,
  encodeInterfaceAddress,
  type InterfaceAddress,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from "./address.ts"
import {
  decodeLink,
  encodeLinkChange,
  encodeLinkSpec,
  INTERFACE_NAME_LENGTH_MAX,
  type Link,
  type LinkChange,
  type LinkSpec,
  linkHeader,
  linkName,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
} from "./link.ts"
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "./message.ts"
import {
  AF_BRIDGE,
  type BridgeEntry,
  decodeBridgeEntry,
  decodeNeighbour,
  decodeProxy,
  encodeBridgeEntry,
  encodeNeighbour,
  encodeProxy,
  type Neighbour,
  type ProxyNeighbour,
  proxyQuery,
  RTM_DELNEIGH,
  RTM_GETNEIGH,
  RTM_NEWNEIGH,
} from "./neighbour.ts"
import { encodeRateLimit, type RateLimit, RTM_NEWQDISC } from "./rate-limit.ts"
import {
  decodeRoute,
  encodeRoute,
  type Route,
  RT_TABLE_MAIN,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from "./route.ts"
import { NETLINK_ROUTE, openNetlinkSocket } from "./socket.ts"

export type { InterfaceAddress } from "./address.ts"
export {
  INTERFACE_NAME_LENGTH_MAX,
  type Link,
  type LinkChange,
  type LinkSettings,
  type LinkSpec,
  VXLAN_PORT_DEFAULT,
} from "./link.ts"
export type { BridgeEntry, Neighbour, ProxyNeighbour } from "./neighbour.ts"
export type { RateLimit } from "./rate-limit.ts"
export { ROUTE_PROTOCOL_GANTRY, type Route, RT_TABLE_MAIN } from "./route.ts"

/**
 * Interfaces, addresses, routes and neighbours of one network namespace, through rtnetlink
 * (https://man7.org/linux/man-pages/man7/rtnetlink.7.html). Every call is synchronous, takes microseconds and throws
 * `SystemError`. "Set" replaces what is there; deleting what is not there returns false.
 */
export interface Rtnetlink {
  links(): Link[]
  link(name: string): Link | undefined
  /** Returns the index of the new interface. Throws EEXIST when there is one of that name. */
  createLink(spec: LinkSpec): number
  changeLink(index: number, change: LinkChange): void
  deleteLink(name: string): boolean
  /** Makes an interface send at most so much. */
  limitRate(index: number, limit: RateLimit): void
  addresses(): InterfaceAddress[]
  setAddress(address: InterfaceAddress): void
  deleteAddress(address: InterfaceAddress): boolean
  /** Of the main table, unless another is named. */
  routes(table?: number): Route[]
  setRoute(route: Route): void
  deleteRoute(route: Route): boolean
  /** Permanent ARP and neighbour entries. */
  neighbours(): Neighbour[]
  /** Entries in the forwarding tables of VXLAN devices. */
  forwardings(): Neighbour[]
  setNeighbour(entry: Neighbour): void
  deleteNeighbour(entry: Neighbour): boolean
  /** What bridges have been told of their ports. */
  bridgeEntries(): BridgeEntry[]
  setBridgeEntry(entry: BridgeEntry): void
  /** Addresses that this machine answers ARP and neighbour solicitations for. */
  proxies(): ProxyNeighbour[]
  setProxy(entry: ProxyNeighbour): void
  deleteProxy(entry: ProxyNeighbour): boolean
  close(): void
}

/** `netns`: path of the namespace; default: the thread's own. The caller closes it. */
export function openRtnetlink(netns?: string): Rtnetlink {
  const socket = openNetlinkSocket(NETLINK_ROUTE, netns)
  const set = NLM_F_CREATE | NLM_F_REPLACE

  function remove(type: number, parts: readonly Buffer[], what: string): boolean {
    try {
      socket.request(type, 0, parts, what)
      return true
    } catch (error) {
      if (hasCode(error, "ENOENT", "ESRCH", "ENODEV", "EADDRNOTAVAIL")) return false
      throw error
    }
  }

  function link(name: string): Link | undefined {
    const payload = socket.get(RTM_GETLINK, [linkHeader(0), linkName(name)], `interface ${name}`)
    return payload && decodeLink(payload)
  }

  return {
    link,
    links: () => socket.dump(RTM_GETLINK, [linkHeader(0)], "interfaces").map(decodeLink),
    createLink(spec) {
      for (const name of spec.kind === "veth" ? [spec.name, spec.peer.name] : [spec.name]) checkInterfaceName(name)
      socket.request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, encodeLinkSpec(spec), `create ${spec.kind} ${spec.name}`)
      const created = spec.netnsFd === undefined ? link(spec.name) : undefined
      return created?.index ?? 0
    },
    changeLink: (index, change) =>
      socket.request(RTM_NEWLINK, 0, encodeLinkChange(index, change), `change interface ${index}`),
    deleteLink: (name) => remove(RTM_DELLINK, [linkHeader(0), linkName(name)], `delete interface ${name}`),
    limitRate: (index, limit) =>
      socket.request(RTM_NEWQDISC, set, encodeRateLimit(index, limit), `limit the rate of interface ${index}`),
    addresses: () => socket.dump(RTM_GETADDR, [Buffer.alloc(8)], "addresses").map(decodeInterfaceAddress),
    setAddress: (address) =>
      socket.request(RTM_NEWADDR, set, encodeInterfaceAddress(address), `set address ${address.address}`),
    deleteAddress: (address) =>
      remove(RTM_DELADDR, encodeInterfaceAddress(address), `delete address ${address.address}`),
    routes: (table = RT_TABLE_MAIN) =>
      socket.dump(RTM_GETROUTE, [Buffer.alloc(12)], "routes").flatMap((payload) => {
        const route = decodeRoute(payload)
        return route?.table === table ? [route] : []
      }),
    setRoute: (route) => socket.request(RTM_NEWROUTE, set, encodeRoute(route), `set route ${route.destination}`),
    deleteRoute: (route) => remove(RTM_DELROUTE, encodeRoute(route), `delete route ${route.destination}`),
    neighbours: () => dumpNeighbours(0).flatMap((payload) => decodeNeighbour(payload) ?? []),
    forwardings: () => dumpNeighbours(AF_BRIDGE).flatMap((payload) => decodeNeighbour(payload) ?? []),
    setNeighbour: (entry) =>
      socket.request(RTM_NEWNEIGH, set, encodeNeighbour(entry), `set neighbour ${entry.address} ${entry.mac}`),
    deleteNeighbour: (entry) =>
      remove(RTM_DELNEIGH, encodeNeighbour(entry), `delete neighbour ${entry.address} ${entry.mac}`),
    bridgeEntries: () => dumpNeighbours(AF_BRIDGE).flatMap((payload) => decodeBridgeEntry(payload) ?? []),
    setBridgeEntry: (entry) =>
      socket.request(RTM_NEWNEIGH, set, encodeBridgeEntry(entry), `tell the bridge of ${entry.mac}`),
    proxies: () =>
      socket.dump(RTM_GETNEIGH, [proxyQuery()], "proxies").flatMap((payload) => decodeProxy(payload) ?? []),
    setProxy: (entry) => socket.request(RTM_NEWNEIGH, set, encodeProxy(entry), `answer for ${entry.address}`),
    deleteProxy: (entry) => remove(RTM_DELNEIGH, encodeProxy(entry), `stop answering for ${entry.address}`),
    close: () => socket.close(),
  }

  function dumpNeighbours(family: number): Buffer[] {
    const header = Buffer.alloc(12)
    header[0] = family
    return socket.dump(RTM_GETNEIGH, [header], "neighbours")
  }
}

function checkInterfaceName(name: string): void {
  if (name.length >= 1 && name.length <= INTERFACE_NAME_LENGTH_MAX && !/[\s/:]/.test(name)) return
  throw new RangeError(
    `found interface name "${name}", expected 1 to ${INTERFACE_NAME_LENGTH_MAX} characters without spaces, "/" and ":"`,
  )
}
