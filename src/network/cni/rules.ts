import { removeTable } from "../nft.ts"
import type { Lease } from "./address-pool.ts"

export interface RuleOptions {
  readonly table: string
  readonly bridge: string
  readonly podCidr: string
  readonly clusterCidr: string
  /** Where there is nothing but services. */
  readonly serviceCidrs: readonly string[]
  /** Interfaces that lead to other pods, besides the bridge. */
  readonly overlayInterfaces: readonly string[]
}

/**
 * Nobody has it: the next hop of packets to pods of unknown nodes. The interface would not tell them apart, as a local
 * packet to a service seems to leave by the bridge even after it was sent another way.
 */
export const FENCE_GATEWAY = "169.254.1.1"

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
 * unknown nodes have no route but the bridge: both are refused at once. And packets from pods to 127.0.0.0/8, which `route_localnet` (needed for `curl localhost:<nodePort>`) would let in,
 * are dropped.
 */
export function renderTable(options: RuleOptions, leases: readonly Lease[]): string {
  const { bridge, podCidr, clusterCidr, serviceCidrs } = options
  const inside = [clusterCidr, ...serviceCidrs].join(", ")
  const interfaces = [bridge, ...options.overlayInterfaces].map((name) => `"${name}"`).join(", ")
  const refuse = [`ip daddr { ${serviceCidrs.join(", ")} }`, `rt nexthop ${FENCE_GATEWAY}`]
    .flatMap((what) => [
      `${what} meta l4proto tcp reject with tcp reset`,
      `${what} reject with icmp type port-unreachable`,
    ])
    .join("\n    ")
  return `${removeTable(`ip ${options.table}`)}table ip ${options.table} {
  set inside { type ipv4_addr; flags interval; auto-merge; elements = { ${inside} }; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  map host-ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map host-address-ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  chain host-ports-dnat {
    dnat ip addr . port to ip daddr . meta l4proto . th dport map @host-address-ports
    fib daddr type local dnat ip addr . port to meta l4proto . th dport map @host-ports
  }
  chain localnet-fence {
    type filter hook prerouting priority raw; policy accept;
    iifname { ${interfaces} } ip daddr 127.0.0.0/8 drop
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
    ip saddr . ip daddr @hairpin masquerade
    ip saddr 127.0.0.0/8 oifname { ${interfaces} } masquerade
    ip saddr ${podCidr} ip daddr != @inside oifname != { ${interfaces} } masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ${refuse}
  }
  chain filter-output {
    type filter hook output priority filter; policy accept;
    oifname "${bridge}" icmp type redirect drop
    ${refuse}
  }
}
${leases.map((lease) => renderHostPorts(options.table, lease, "add")).join("")}`
}

/** Text that adds or removes the host ports of one pod; empty when it has none. */
export function renderHostPorts(table: string, lease: Lease, verb: "add" | "delete"): string {
  if (lease.hostPorts.length === 0) return ""
  const lines = lease.hostPorts.map(({ protocol, hostPort, containerPort, hostIp }) => {
    const everywhere = hostIp === "" || hostIp === "0.0.0.0"
    const map = everywhere ? "host-ports" : "host-address-ports"
    const key = everywhere ? `${protocol} . ${hostPort}` : `${hostIp} . ${protocol} . ${hostPort}`
    const value = verb === "add" ? ` : ${lease.ip} . ${containerPort}` : ""
    return `${verb} element ip ${table} ${map} { ${key}${value} }`
  })
  return `${lines.join("\n")}\n${verb} element ip ${table} hairpin { ${lease.ip} . ${lease.ip} }\n`
}
