import { familyFor, toNode } from "../family.ts"
import { removeTable } from "../nft.ts"
import { type NodeRanges, serviceCidrsOf } from "../node-ranges.ts"
import type { Lease } from "./address-pool.ts"
import { renderAllHostPorts } from "./host-ports.ts"

export interface RuleOptions {
  /** Without its family, which is that of the ranges. */
  readonly table: string
  readonly bridge: string
  readonly ranges: NodeRanges
  readonly tunnels: Tunnels | undefined
}

/** What leads to other nodes' pods, there yet or not. */
export interface Tunnels {
  readonly device: string
  /** The UDP port at which nodes take each other's packets. */
  readonly port: number
}

/**
 * Nobody has it: the next hop of packets to pods of unknown nodes. The interface would not tell them apart, as a local
 * packet to a service seems to leave by the bridge even after it was sent another way.
 */
export const FENCE_GATEWAYS = { IPv4: "169.254.1.1", IPv6: "fe80::6761:6e74" } as const

/**
 * The service proxy masquerades first, whichever table is the younger: it also takes its mark off the packet, which
 * would otherwise follow it into the tunnel and have the tunnel's own packet masqueraded, with a wrong checksum.
 */
const AFTER_SERVICES = "srcnat + 5"

/**
 * The table of a node's pod network, whole: masquerading of what leaves the cluster, host ports, and two fences.
 * Replaced in one transaction, so it also repairs what someone else changed in it.
 *
 * What pods send to nodes is masqueraded as well: answers then come back the way the question went, where otherwise they
 * would take the tunnel, and every strict router, firewall and connection tracking on the way would see one half only.
 *
 * The fences: packets still addressed to a service range after translation have no service, and packets to pods of
 * unknown nodes have no route but the bridge: both are refused at once. And packets from pods to 127.0.0.0/8, which
 * `route_localnet` (needed for `curl localhost:<nodePort>`) would let in, are dropped. So are packets from pods to the
 * nodes' ends of the tunnels: a node takes what comes there for another node's, and what is inside would reach its pods
 * from any address, past their policies.
 */
export function renderTable(options: RuleOptions, leases: readonly Lease[]): string {
  const { bridge, ranges, table, tunnels } = options
  const { podCidr, clusterCidr } = ranges
  const family = familyFor(podCidr)
  const { nft, address } = family
  const serviceCidrs = serviceCidrsOf(ranges)
  const inside = [clusterCidr, ...serviceCidrs].join(", ")
  const interfaces = [bridge, ...(tunnels ? [tunnels.device] : [])].map((name) => `"${name}"`).join(", ")
  const refuse = [`${nft} daddr { ${serviceCidrs.join(", ")} }`, `rt ${nft} nexthop ${FENCE_GATEWAYS[family.name]}`]
    .flatMap((what) => [
      `${what} meta l4proto tcp reject with tcp reset`,
      `${what} reject with ${family.icmp} type port-unreachable`,
    ])
    .join("\n    ")
  const toTunnels = tunnels && `${nft} saddr ${clusterCidr} udp dport ${tunnels.port}`
  return `${removeTable(`${nft} ${table}`)}table ${nft} ${table} {
  set inside { type ${address}; flags interval; auto-merge; elements = { ${inside} }; }
  set hairpin { type ${address} . ${address}; }
  map host-ports { type inet_proto . inet_service : ${address} . inet_service; }
  map host-address-ports { type ${address} . inet_proto . inet_service : ${address} . inet_service; }
  chain host-ports-dnat {
    ${toNode(family)} dnat ${nft} addr . port to ${nft} daddr . meta l4proto . th dport map @host-address-ports
    ${toNode(family)} dnat ${nft} addr . port to meta l4proto . th dport map @host-ports
  }
  chain localnet-fence {
    type filter hook prerouting priority raw; policy accept;
    ${nft === "ip" ? `iifname { ${interfaces} } ip daddr 127.0.0.0/8 drop` : ""}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat + 5; policy accept;
    jump host-ports-dnat
  }
  chain output {
    type nat hook output priority -95; policy accept;
    jump host-ports-dnat
  }
  chain postrouting {
    type nat hook postrouting priority ${AFTER_SERVICES}; policy accept;
    ${nft} saddr . ${nft} daddr @hairpin masquerade
    ${nft === "ip" ? `ip saddr 127.0.0.0/8 oifname { ${interfaces} } masquerade` : ""}
    ${nft} saddr ${podCidr} ${nft} daddr != @inside oifname != { ${interfaces} } masquerade
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ${toTunnels ? `${toTunnels} drop` : ""}
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ${toTunnels ? `${toTunnels} ${nft} daddr != ${clusterCidr} drop` : ""}
    ${refuse}
  }
  chain filter-output {
    type filter hook output priority filter; policy accept;
    oifname "${bridge}" ${family.icmp} type ${nft === "ip" ? "redirect" : "nd-redirect"} drop
    ${refuse}
  }
}
${renderAllHostPorts(table, leases)}`
}
