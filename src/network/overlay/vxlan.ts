import { bitsOf, familyOf } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace } from "../../platform/linux/netlink/network-namespace.ts"
import {
  INTERFACE_NAME_LENGTH_MAX,
  type Neighbour,
  openRtnetlink,
  ROUTE_PROTOCOL_GANTRY,
  type Rtnetlink,
} from "../../platform/linux/netlink/rtnetlink.ts"
import { type KernelSetting, settle } from "../kernel-settings.ts"
import { tunnelMtu } from "./mtu.ts"
import { entriesOf, type Peer, tunnelAddress, tunnelMac } from "./peers.ts"

export interface VxlanOptions {
  /** The device's name, at most 15 characters. Different for each cluster on one machine. */
  readonly device: string
  /** UDP port, the same on all nodes of a cluster and different for each cluster on one machine. */
  readonly port: number
  /** Between such addresses the tunnels are. */
  readonly nodeIp: string
  /** This node's pod ranges, one of each family that pods have. */
  readonly podCidrs: readonly string[]
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
}

/** A node's end of the tunnels to all other nodes. What it has made works on when the process is gone. */
export interface Overlay {
  /**
   * Makes the device, or repairs it. To be called first; may be repeated. Peers stay as they are. Returns what was not as
   * it should be, in words.
   */
  start(): readonly string[]
  /** The other nodes, all of them: entries of others are removed. Returns how many entries were made. */
  setPeers(peers: readonly Peer[]): number
  /** Are there any in the kernel? */
  hasPeers(): boolean
  /** Removes the device and with it all routes. */
  destroy(): void
  close(): void
}

/** One network per port, so the number says nothing. */
const VNI = 1

/** Pods of other nodes by VXLAN: one device, and one route, one neighbour and one forwarding entry for each node. */
export function createVxlanOverlay(options: VxlanOptions): Overlay {
  const { device, port, nodeIp, podCidrs, netns } = options
  if (device.length > INTERFACE_NAME_LENGTH_MAX) {
    throw new RangeError(`found device name "${device}", expected at most ${INTERFACE_NAME_LENGTH_MAX} characters`)
  }
  const links = openRtnetlink(netns)
  const own = podCidrs.map(tunnelAddress)

  function ensureDevice(): { readonly index: number; readonly mended: string[] } {
    const mtu = tunnelMtu(links, nodeIp)
    const mac = tunnelMac(nodeIp)
    const existing = links.link(device)
    if (existing && existing.kind !== "vxlan") {
      throw new Error(`found an interface ${device} that is no VXLAN device; remove it or choose another name`)
    }
    const { vni, port: presentPort, local } = existing?.vxlan ?? {}
    // These cannot be changed on a device that exists.
    const usable = vni === VNI && presentPort === port && local === nodeIp
    if (existing && !usable) links.deleteLink(device)
    const index =
      existing && usable
        ? existing.index
        : links.createLink({ kind: "vxlan", name: device, vni: VNI, port, local: nodeIp, learning: false, mac, mtu })
    const configure = () => settle(tunnelSettings(device))
    const mended = netns === undefined ? configure() : inNetworkNamespace(netns, configure)
    const state = existing === undefined ? "missing" : existing.up ? undefined : "down"
    if (state !== undefined) mended.push(`the tunnels' device ${device} was ${state}`)
    if (!existing?.up || existing.mac !== mac || existing.mtu !== mtu) links.changeLink(index, { up: true, mac, mtu })
    return { index, mended }
  }

  function start(): string[] {
    const { index, mended } = ensureDevice()
    const present = links.addresses().filter((each) => each.index === index)
    for (const each of present) {
      const isStale = !own.includes(each.address) && !each.address.startsWith("fe80:")
      if (isStale) links.deleteAddress(each)
    }
    // What this node itself sends into the tunnel, and what it hides behind its own address, needs one to come back to.
    for (const address of own) {
      if (present.some((each) => each.address === address)) continue
      links.setAddress({ index, address, prefixLength: bitsOf(familyOf(address)) })
      mended.push(`the tunnels' address ${address} was missing`)
    }
    return mended
  }

  return {
    start,
    setPeers(peers) {
      const index = links.link(device)?.index
      if (index === undefined) throw new Error(`the VXLAN device ${device} is missing; restart the agent`)
      return applyPeers(
        links,
        index,
        peers.filter((peer) => peer.podCidrs[0] !== podCidrs[0]),
      )
    },
    hasPeers() {
      const index = links.link(device)?.index
      return links.forwardings().some((entry) => entry.index === index)
    },
    destroy() {
      links.deleteLink(device)
    },
    close: () => links.close(),
  }
}

/** To be written inside the device's namespace, before it comes up. */
function tunnelSettings(device: string): KernelSetting[] {
  const [four, six] = [
    ["net", "ipv4", "conf", device],
    ["net", "ipv6", "conf", device],
  ]
  return [
    { name: [...four, "forwarding"], value: "1" },
    { name: [...four, "rp_filter"], value: "2" },
    { name: [...four, "route_localnet"], value: "1" },
    { name: [...four, "send_redirects"], value: "0" },
    { name: [...six, "disable_ipv6"], value: "0" },
    { name: [...six, "accept_ra"], value: "0" },
  ]
}

/**
 * From what the kernel has to what it should have: nothing that stays is touched. Routes go last, and leave first.
 * Returns how many entries were made.
 */
function applyPeers(links: Rtnetlink, index: number, peers: readonly Peer[]): number {
  let made = 0
  const wanted = entriesOf(peers, index)
  const routeKeys = new Set(wanted.routes.map(({ destination, gateway }) => `${destination} ${gateway}`))
  const presentRoutes = links
    .routes()
    .filter((route) => route.index === index && route.protocol === ROUTE_PROTOCOL_GANTRY)
  for (const route of presentRoutes) {
    if (!routeKeys.has(`${route.destination} ${route.gateway}`)) links.deleteRoute(route)
  }
  const pairs = [
    [wanted.neighbours, links.neighbours()],
    [wanted.forwardings, links.forwardings()],
  ] as const
  for (const [entries, present] of pairs) {
    const own = present.filter((entry) => entry.index === index)
    const wantedKeys = new Set(entries.map(keyOf))
    const presentKeys = new Set(own.map(keyOf))
    for (const entry of own) if (!wantedKeys.has(keyOf(entry))) links.deleteNeighbour(entry)
    for (const entry of entries) {
      if (presentKeys.has(keyOf(entry))) continue
      links.setNeighbour(entry)
      made++
    }
  }
  const presentKeys = new Set(presentRoutes.map(({ destination, gateway }) => `${destination} ${gateway}`))
  for (const route of wanted.routes) {
    if (presentKeys.has(`${route.destination} ${route.gateway}`)) continue
    links.setRoute(route)
    made++
  }
  return made
}

function keyOf({ address, mac }: Neighbour): string {
  return `${address} ${mac}`
}
