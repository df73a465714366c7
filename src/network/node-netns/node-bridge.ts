import { createHash } from "node:crypto"
import { closeSync, openSync } from "node:fs"
import { formatIpv4, macOf, parseCidr } from "../../machinery/net/cidr.ts"
import { isPinnedNamespace } from "../../platform/linux/namespaces.ts"
import {
  createNetworkNamespace,
  inNetworkNamespace,
  removeNetworkNamespace,
  writeSysctl,
} from "../../platform/linux/netlink/network-namespace.ts"
import { INTERFACE_NAME_LENGTH_MAX, openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import { admitThroughFirewalls, withdrawFromFirewalls } from "../foreign-firewall.ts"
import { createNft, removeTable } from "../nft.ts"

export interface NodeBridgeOptions {
  /** The bridge's name, at most 15 characters; the nft table is named after it. */
  readonly name: string
  /** Range of the nodes' addresses. The first is the machine's own, and the other nodes' gateway. */
  readonly nodeCidr: string
  /** The cluster's pod range: the nodes know the way there themselves. */
  readonly clusterCidr: string
  /** Path of the machine's network namespace, for tests; default: the process's own. */
  readonly netns?: string
  readonly platform: Pick<Platform, "processes" | "log">
}

export interface NodeNamespace {
  readonly name: string
  /** Where it is pinned; on a tmpfs. A process starts inside with `nsenter --net=PATH -- …`. */
  readonly netnsPath: string
  /** From the nodes' range. */
  readonly address: string
}

/**
 * Several nodes on one machine: each further node is a network namespace of its own, with an address on a bridge that
 * they share with the machine, as if they were machines on one switch.
 */
export interface NodeBridge {
  /** The machine's address among the nodes. */
  readonly hostAddress: string
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
  const { name, netns, nodeCidr, platform } = options
  if (name.length > INTERFACE_NAME_LENGTH_MAX) {
    throw new RangeError(`found bridge name "${name}", expected at most ${INTERFACE_NAME_LENGTH_MAX} characters`)
  }
  const range = parseCidr(nodeCidr)
  const hostAddress = formatIpv4(range.first + 1)
  const table = `${name}-nodes`
  const nft = createNft(platform.processes, netns)
  const links = openRtnetlink(netns)
  const inHost = <T>(work: () => T): T => (netns === undefined ? work() : inNetworkNamespace(netns, work))

  function ensureBridge(): number {
    const mac = macOf(hostAddress)
    const existing = links.link(name)
    if (existing && existing.kind !== "bridge") {
      throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
    }
    const index = existing?.index ?? links.createLink({ kind: "bridge", name, mac })
    links.changeLink(index, { up: true, mac })
    links.setAddress({ index, address: hostAddress, prefixLength: range.prefixLength })
    inHost(() => {
      writeSysctl(["net", "ipv4", "ip_forward"], "1")
      writeSysctl(["net", "ipv4", "conf", name, "send_redirects"], "0")
      writeSysctl(["net", "ipv4", "conf", name, "rp_filter"], "2")
    })
    return index
  }

  return {
    hostAddress,
    async start() {
      ensureBridge()
      await nft.apply(renderTable(table, options))
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
        configureNode(inside, node, range.prefixLength, hostAddress)
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
      await nft.apply(removeTable(`ip ${table}`))
      await withdrawFromFirewalls(nft, name)
    },
    close: () => links.close(),
  }

  function plugIn(rt: Rtnetlink, port: string, master: number, node: NodeNamespace): void {
    // What a half-made or lost namespace left behind.
    rt.deleteLink(port)
    const netnsFd = openSync(node.netnsPath, "r")
    try {
      const peer = { name: INTERFACE, mac: macOf(node.address), netnsFd }
      rt.createLink({ kind: "veth", name: port, up: true, master, peer })
    } finally {
      closeSync(netnsFd)
    }
  }
}

function configureNode(inside: Rtnetlink, node: NodeNamespace, prefixLength: number, gateway: string): void {
  const index = inside.link(INTERFACE)?.index ?? 0
  inside.changeLink(inside.link("lo")?.index ?? 1, { up: true })
  inside.changeLink(index, { up: true })
  inside.setAddress({ index, address: node.address, prefixLength })
  inside.setRoute({ type: "unicast", destination: "0.0.0.0/0", gateway, index, source: node.address })
}

/** Nodes reach the world under the machine's address. */
function renderTable(table: string, { name, nodeCidr, clusterCidr }: NodeBridgeOptions): string {
  return `${removeTable(`ip ${table}`)}table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat + 5; policy accept;
    ip saddr ${nodeCidr} ip daddr != { ${nodeCidr}, ${clusterCidr} } oifname != "${name}" masquerade
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
