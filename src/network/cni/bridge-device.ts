import { bitsOf, familyOf, macOf, parseCidr } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace } from "../../platform/linux/netlink/network-namespace.ts"
import { type Link, ROUTE_PROTOCOL_GANTRY, type Route, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { familyFor } from "../family.ts"
import { type NodeRanges, serviceCidrsOf } from "../node-ranges.ts"
import { writeBridgeSettings } from "./bridge-settings.ts"
import { FENCE_GATEWAYS } from "./rules.ts"

export interface BridgeDeviceOptions {
  readonly name: string
  readonly ranges: readonly NodeRanges[]
  /** The bridge's addresses, one for each of the ranges. */
  readonly gateways: readonly string[]
  /** Whether the bridge's addresses lie in the pod ranges: then pods are behind it, and other nodes' pods are not. */
  readonly hasPods: boolean
  readonly netns: string | undefined
}

/** Loses against every route that somebody made on purpose. */
const FENCE_METRIC = 4096

/** Makes the bridge with its addresses and routes, or repairs it. Returns its index. */
export function ensureBridge(links: Rtnetlink, options: BridgeDeviceOptions, mtu: number): number {
  const { name, ranges, gateways, hasPods, netns } = options
  const mac = macOf(gateways[0] ?? "")
  const existing = links.link(name)
  if (existing && existing.kind !== "bridge") {
    throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
  }
  const index = existing?.index ?? links.createLink({ kind: "bridge", name, mac, mtu })
  const families = ranges.map(({ podCidr }) => familyFor(podCidr))
  const settle = () => writeBridgeSettings(name, families)
  if (netns === undefined) settle()
  else inNetworkNamespace(netns, settle)
  links.changeLink(index, { up: true, mac, mtu })
  removeStaleAddresses(links, index, gateways)
  for (const [place, { podCidr }] of ranges.entries()) {
    const prefixLength = hasPods ? parseCidr(podCidr).prefixLength : bitsOf(familyOf(podCidr))
    links.setAddress({ index, address: gateways[place] ?? "", prefixLength })
  }
  const routes = ranges.flatMap((own, place) => routesOf(own, index, gateways[place] ?? "", hasPods))
  const wanted = new Set([...routes.map(({ destination }) => destination), ...ranges.map(({ podCidr }) => podCidr)])
  for (const route of links.routes()) {
    // Those of load balancers may have been others at the last start.
    const isOurs = route.index === index && route.protocol === ROUTE_PROTOCOL_GANTRY
    if (isOurs && !wanted.has(route.destination)) links.deleteRoute(route)
  }
  for (const route of routes) links.setRoute(route)
  return index
}

function removeStaleAddresses(links: Rtnetlink, index: number, own: readonly string[]): void {
  for (const address of links.addresses()) {
    const isStale = !own.includes(address.address) && !address.address.startsWith("fe80:")
    if (address.index === index && isStale) links.deleteAddress(address)
  }
}

function routesOf(ranges: NodeRanges, index: number, source: string, hasPods: boolean): Route[] {
  const services = serviceCidrsOf(ranges).map((destination): Route => ({ type: "unicast", destination, index, source }))
  if (!hasPods) return services
  // Packets to pods of nodes that are not known take it, and are refused on the way.
  const gateway = FENCE_GATEWAYS[familyOf(source)]
  const way = { gateway, onlink: true, index, source, metric: FENCE_METRIC }
  return [...services, { type: "unicast", destination: ranges.clusterCidr, ...way }]
}

/** The ports of a network's bridge, whether they are tied to it or not. */
export function portsOf(links: Rtnetlink, prefix: string): readonly Link[] {
  return links.links().filter(({ name, kind }) => kind === "veth" && name.startsWith(prefix))
}
