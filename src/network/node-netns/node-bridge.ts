import { createHash } from "node:crypto"
import { closeSync, openSync } from "node:fs"
import { gatewayOf, type IpFamily, macOf, parseCidr } from "../../machinery/net/cidr.ts"
import { isPinnedNamespace } from "../../platform/linux/namespaces.ts"
import {
  createNetworkNamespace,
  inNetworkNamespace,
  removeNetworkNamespace,
  writeSysctl,
} from "../../platform/linux/netlink/network-namespace.ts"
import { INTERFACE_NAME_LENGTH_MAX, openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import { forwardIpv6 } from "../cni/bridge-settings.ts"
import { type Family, familyFor } from "../family.ts"
import { admitThroughFirewalls, withdrawFromFirewalls } from "../foreign-firewall.ts"
import { settle } from "../kernel-settings.ts"
import { createNft, removeTable } from "../nft.ts"
import { guardTable } from "../table-guard.ts"
import type { NodeSwitch } from "./node-switch.ts"

export interface NodeBridgeOptions {
  /** The bridge's name, at most 15 characters; the nft table is named after it. */
  readonly name: string
  /** One for each family that nodes have addresses of. */
  readonly ranges: readonly NodeBridgeRanges[]
  /** Path of the machine's network namespace, for tests; default: the process's own. */
  readonly netns?: string
  readonly platform: Pick<Platform, "processes" | "log">
}

export interface NodeBridgeRanges {
  /** Range of the nodes' addresses. The first is the machine's own, and the other nodes' gateway. */
  readonly nodeCidr: string
  /** The cluster's pod range: the nodes know the way there themselves. */
  readonly clusterCidr: string
}

export interface NodeNamespace {
  readonly name: string
  /** Where it is pinned; on a tmpfs. A process starts inside with `nsenter --net=PATH -- …`. */
  readonly netnsPath: string
  /** One from each of the nodes' ranges, in their order. */
  readonly addresses: readonly string[]
}

/**
 * Several nodes on one machine: each further node is a network namespace of its own, with an address on a bridge that
 * they share with the machine, as if they were machines on one switch.
 */
export interface NodeBridge {
  /** The machine's addresses among the nodes, one of each family. */
  readonly hostAddresses: readonly string[]
  /** Makes the bridge and its rules, or repairs them. */
  start(): Promise<void>
  /**
   * Makes a node's namespace with its interface, or repairs it. What runs inside is not disturbed. Returns whether there
   * was something to do.
   */
  addNode(node: NodeNamespace): boolean
  /** To look after it while it is in use. `nodes`: those that there are at the moment. */
  watched(nodes: () => readonly NodeNamespace[]): NodeSwitch
  /** Ends the node's connections and lets go of its namespace, which lives until its last process ends. */
  removeNode(node: Pick<NodeNamespace, "name" | "netnsPath">): void
  /** Removes everything but namespaces: call `removeNode` for each node before. May be repeated. */
  destroy(): Promise<void>
  close(): void
}

const INTERFACE = "eth0"

export function createNodeBridge(options: NodeBridgeOptions): NodeBridge {
  const { name, netns, platform } = options
  if (name.length > INTERFACE_NAME_LENGTH_MAX) {
    throw new RangeError(`found bridge name "${name}", expected at most ${INTERFACE_NAME_LENGTH_MAX} characters`)
  }
  const ranges = options.ranges.map(({ nodeCidr, clusterCidr }) => ({
    nodeCidr,
    clusterCidr,
    prefixLength: parseCidr(nodeCidr).prefixLength,
    gateway: gatewayOf(nodeCidr),
    family: familyFor(nodeCidr),
  }))
  const hostAddresses = ranges.map(({ gateway }) => gateway)
  const table = `${name}-nodes`
  const nft = createNft(platform.processes, netns)
  const links = openRtnetlink(netns)
  const inHost = <T>(work: () => T): T => (netns === undefined ? work() : inNetworkNamespace(netns, work))

  function ensureBridge(): { readonly index: number; readonly mended: readonly string[] } {
    const mac = macOf(hostAddresses[0] ?? "")
    const existing = links.link(name)
    if (existing && existing.kind !== "bridge") {
      throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
    }
    const index = existing?.index ?? links.createLink({ kind: "bridge", name, mac })
    const mended = inHost(() => ranges.flatMap(({ family }) => SETTLERS[family.name](name)))
    const state = existing === undefined ? "missing" : existing.up ? undefined : "down"
    if (state !== undefined) mended.push(`the bridge ${name} between the nodes was ${state}`)
    if (!existing?.up || existing.mac !== mac) links.changeLink(index, { up: true, mac })
    const present = links.addresses().filter((own) => own.index === index)
    for (const { gateway: address, prefixLength } of ranges) {
      if (present.some((own) => own.address === address)) continue
      links.setAddress({ index, address, prefixLength })
      mended.push(`the address ${address} was missing`)
    }
    return { index, mended }
  }

  /** Returns the firewalls that it opened. */
  const openFirewalls = () => admitThroughFirewalls(nft, { name, forward: [name], input: [name] }, netns)

  function addNode(node: NodeNamespace): boolean {
    const master = ensureBridge().index
    if (!isPinnedNamespace(node.netnsPath)) {
      removeNetworkNamespace(node.netnsPath)
      createNetworkNamespace(node.netnsPath)
    }
    const port = links.link(hostInterfaceOf(name, node.name))
    const inside = openRtnetlink(node.netnsPath)
    try {
      if (!inside.link(INTERFACE)) plugIn(links, hostInterfaceOf(name, node.name), master, node)
      else if (port && port.master !== master) links.changeLink(port.index, { master })
      else if (isConfigured(inside, node, ranges)) return false
      configureNode(inside, node, ranges)
    } finally {
      inside.close()
    }
    inNetworkNamespace(node.netnsPath, () => writeSysctl(["net", "ipv4", "conf", INTERFACE, "rp_filter"], "2"))
    return true
  }

  function repairDevices(nodes: readonly NodeNamespace[]): readonly string[] {
    const { mended } = ensureBridge()
    const loose = nodes.filter((node) => isPinnedNamespace(node.netnsPath) && addNode(node))
    return [...mended, ...loose.map((node) => `node ${node.name} was not plugged in with its addresses and routes`)]
  }

  const writeTables = () => nft.apply(ranges.map((own) => renderTable(table, name, own)).join(""))
  const guards = ranges.map(({ family }) => guardTable(nft, `${family.nft} ${table}`, writeTables))

  return {
    hostAddresses,
    async start() {
      ensureBridge()
      await writeTables()
      const firewalls = await openFirewalls()
      if (firewalls.length > 0) platform.log.info("let nodes through the machine's firewall", { firewalls })
    },
    addNode,
    watched: (nodes) => ({
      name,
      writer: nft,
      repairDevices: () => repairDevices(nodes()),
      async repair() {
        const repaired = await Promise.all(guards.map((guard) => guard.check()))
        const rules = repaired.includes(true) ? [`the rules of ${table} were not as written`] : []
        return [...rules, ...(await openFirewalls()).map((each) => `the firewall ${each} dropped what nodes send`)]
      },
    }),
    removeNode(node) {
      links.deleteLink(hostInterfaceOf(name, node.name))
      removeNetworkNamespace(node.netnsPath)
    },
    async destroy() {
      for (const { name: port } of links.links()) if (port.startsWith(hostInterfacePrefix(name))) links.deleteLink(port)
      links.deleteLink(name)
      for (const { family } of ranges) await nft.apply(removeTable(`${family.nft} ${table}`))
      await withdrawFromFirewalls(nft, name, netns)
    },
    close: () => links.close(),
  }

  function plugIn(rt: Rtnetlink, port: string, master: number, node: NodeNamespace): void {
    // What a half-made or lost namespace left behind.
    rt.deleteLink(port)
    const netnsFd = openSync(node.netnsPath, "r")
    try {
      const peer = { name: INTERFACE, mac: macOf(node.addresses[0] ?? ""), netnsFd }
      rt.createLink({ kind: "veth", name: port, up: true, master, peer })
    } finally {
      closeSync(netnsFd)
    }
  }
}

/** Return what was otherwise, in words. */
const SETTLERS: Readonly<Record<IpFamily, (bridge: string) => string[]>> = {
  IPv4: (bridge) =>
    settle([
      { name: ["net", "ipv4", "ip_forward"], value: "1" },
      { name: ["net", "ipv4", "conf", bridge, "forwarding"], value: "1" },
      { name: ["net", "ipv4", "conf", bridge, "send_redirects"], value: "0" },
      { name: ["net", "ipv4", "conf", bridge, "rp_filter"], value: "2" },
    ]),
  IPv6: (bridge) => [
    ...forwardIpv6(),
    ...settle([
      { name: ["net", "ipv6", "conf", bridge, "disable_ipv6"], value: "0" },
      { name: ["net", "ipv6", "conf", bridge, "accept_ra"], value: "0" },
      { name: ["net", "ipv6", "conf", bridge, "forwarding"], value: "1" },
    ]),
  ],
}

interface OwnRanges extends NodeBridgeRanges {
  readonly prefixLength: number
  readonly gateway: string
  readonly family: Family
}

/** A node whose interface is shut down has been cut off on purpose. */
function isConfigured(inside: Rtnetlink, node: NodeNamespace, ranges: readonly OwnRanges[]): boolean {
  const { index, up } = inside.link(INTERFACE) ?? {}
  if (!up) return inside.addresses().some((own) => own.index === index)
  const addresses = new Set(inside.addresses().flatMap((own) => (own.index === index ? own.address : [])))
  const ways = new Set(inside.routes().flatMap((route) => (route.index === index ? route.destination : [])))
  return ranges.every(({ family }, place) => addresses.has(node.addresses[place] ?? "") && ways.has(family.anywhere))
}

function configureNode(inside: Rtnetlink, node: NodeNamespace, ranges: readonly OwnRanges[]): void {
  const index = inside.link(INTERFACE)?.index ?? 0
  inside.changeLink(inside.link("lo")?.index ?? 1, { up: true })
  inside.changeLink(index, { up: true })
  for (const [place, { prefixLength, gateway, family }] of ranges.entries()) {
    const address = node.addresses[place] ?? ""
    inside.setAddress({ index, address, prefixLength })
    inside.setRoute({ type: "unicast", destination: family.anywhere, gateway, index, source: address })
  }
}

/** Nodes reach the world under the machine's address. */
function renderTable(table: string, bridge: string, { nodeCidr, clusterCidr, family: { nft } }: OwnRanges): string {
  return `${removeTable(`${nft} ${table}`)}table ${nft} ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat + 5; policy accept;
    ${nft} saddr ${nodeCidr} ${nft} daddr != { ${nodeCidr}, ${clusterCidr} } oifname != "${bridge}" masquerade
  }
}
`
}

function hostInterfaceOf(bridge: string, node: string): string {
  return `${hostInterfacePrefix(bridge)}${createHash("sha256").update(node).digest("hex").slice(0, 6)}`
}

/** Tells the nodes' interfaces of one cluster from those of another on the same machine. */
function hostInterfacePrefix(bridge: string): string {
  return `gn${createHash("sha256").update(bridge).digest("hex").slice(0, 4)}-`
}
