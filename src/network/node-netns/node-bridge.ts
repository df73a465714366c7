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
import { createNft, removeTable } from "../nft.ts"

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
  /** Makes a node's namespace with its interface, or repairs it. What runs inside is not disturbed. */
  addNode(node: NodeNamespace): void
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

  function ensureBridge(): number {
    const mac = macOf(hostAddresses[0] ?? "")
    const existing = links.link(name)
    if (existing && existing.kind !== "bridge") {
      throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
    }
    const index = existing?.index ?? links.createLink({ kind: "bridge", name, mac })
    inHost(() => writeSettings(ranges.map(({ family }) => family.name)))
    links.changeLink(index, { up: true, mac })
    for (const { gateway, prefixLength } of ranges) links.setAddress({ index, address: gateway, prefixLength })
    return index
  }

  return {
    hostAddresses,
    async start() {
      ensureBridge()
      await nft.apply(ranges.map((own) => renderTable(table, name, own)).join(""))
      const firewalls = await admitThroughFirewalls(nft, { name, forward: [name], input: [name] })
      if (firewalls.length > 0) platform.log.info("let nodes through the machine's firewall", { firewalls })
    },
    addNode(node) {
      const master = ensureBridge()
      if (!isPinnedNamespace(node.netnsPath)) {
        removeNetworkNamespace(node.netnsPath)
        createNetworkNamespace(node.netnsPath)
      }
      const inside = openRtnetlink(node.netnsPath)
      try {
        if (!inside.link(INTERFACE)) plugIn(links, hostInterfaceOf(name, node.name), master, node)
        configureNode(inside, node, ranges)
      } finally {
        inside.close()
      }
      inNetworkNamespace(node.netnsPath, () => writeSysctl(["net", "ipv4", "conf", INTERFACE, "rp_filter"], "2"))
    },
    removeNode(node) {
      links.deleteLink(hostInterfaceOf(name, node.name))
      removeNetworkNamespace(node.netnsPath)
    },
    async destroy() {
      for (const { name: port } of links.links()) if (port.startsWith(hostInterfacePrefix(name))) links.deleteLink(port)
      links.deleteLink(name)
      for (const { family } of ranges) await nft.apply(removeTable(`${family.nft} ${table}`))
      await withdrawFromFirewalls(nft, name)
    },
    close: () => links.close(),
  }

  function writeSettings(families: readonly IpFamily[]): void {
    if (families.includes("IPv4")) {
      writeSysctl(["net", "ipv4", "ip_forward"], "1")
      writeSysctl(["net", "ipv4", "conf", name, "send_redirects"], "0")
      writeSysctl(["net", "ipv4", "conf", name, "rp_filter"], "2")
    }
    if (families.includes("IPv6")) {
      writeSysctl(["net", "ipv6", "conf", name, "disable_ipv6"], "0")
      writeSysctl(["net", "ipv6", "conf", name, "accept_ra"], "0")
      forwardIpv6()
    }
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

interface OwnRanges extends NodeBridgeRanges {
  readonly prefixLength: number
  readonly gateway: string
  readonly family: Family
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
