import { bitsOf, familyOf, macOf, parseCidr } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace } from "../../platform/linux/netlink/network-namespace.ts"
import { ROUTE_PROTOCOL_GANTRY, type Route, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
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

/** Makes the bridge with its addresses and routes, or repairs it. `mended`: what was not as it should be, in words. */
export function ensureBridge(
  links: Rtnetlink,
  options: BridgeDeviceOptions,
  mtu: number,
): { readonly index: number; readonly mended: readonly string[] } {
  const { name, ranges, gateways, hasPods, netns } = options
  const mac = macOf(gateways[0] ?? "")
  const existing = links.link(name)
  if (existing && existing.kind !== "bridge") {
    throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
  }
  const index = existing?.index ?? links.createLink({ kind: "bridge", name, mac, mtu })
  const families = ranges.map(({ podCidr }) => familyFor(podCidr))
  const settle = () => writeBridgeSettings(name, families)
  const mended = netns === undefined ? settle() : inNetworkNamespace(netns, settle)
  if (!existing) mended.push(`the bridge ${name} was missing`)
  else if (!existing.up) mended.push(`the bridge ${name} was down`)
  if (!existing?.up || existing.mac !== mac || existing.mtu !== mtu) links.changeLink(index, { up: true, mac, mtu })
  mended.push(...ensureAddresses(links, index, options))
  const routes = ranges.flatMap((own, place) => routesOf(own, index, gateways[place] ?? "", hasPods))
  const wanted = new Set([...routes.map(({ destination }) => destination), ...ranges.map(({ podCidr }) => podCidr)])
  const present = links.routes().filter((route) => route.index === index && route.protocol === ROUTE_PROTOCOL_GANTRY)
  for (const route of present) {
    // Those of load balancers may have been others at the last start.
    if (!wanted.has(route.destination)) links.deleteRoute(route)
  }
  for (const route of routes) {
    if (present.some((other) => isSame(route, other))) continue
    links.setRoute(route)
    mended.push(`the route to ${route.destination} was missing`)
  }
  return { index, mended }
}

const isSame = (one: Route, other: Route): boolean =>
  one.destination === other.destination && one.gateway === other.gateway && one.source === other.source

function ensureAddresses(links: Rtnetlink, index: number, options: BridgeDeviceOptions): string[] {
  const { gateways, hasPods, ranges } = options
  removeStaleAddresses(links, index, gateways)
  const present = links.addresses().filter((own) => own.index === index)
  return ranges.flatMap(({ podCidr }, place) => {
    const address = gateways[place] ?? ""
    const prefixLength = hasPods ? parseCidr(podCidr).prefixLength : bitsOf(familyOf(podCidr))
    if (present.some((own) => own.address === address && own.prefixLength === prefixLength)) return []
    links.setAddress({ index, address, prefixLength })
    return [`the address ${address} was missing`]
  })
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
