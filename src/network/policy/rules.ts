import type { Family } from "../family.ts"
import type { BaseTable } from "../rule-book.ts"

export type Direction = "ingress" | "egress"

/** Declarations of the sets that policies use. */
export const addressSet = ({ address }: Family): string => `type ${address};`
export const portSet = ({ address }: Family): string => `type ${address} . inet_proto . inet_service;`

/** Where a packet goes on that its sender may send: the receiver is asked too. */
export const EGRESS_ALLOWED = "egress-allowed"
/** Where a packet ends that no policy allows. */
export const DENIED = "denied"

/**
 * `name`: of the table; `family`: its own, and that of its addresses.
 *
 * The maps lead from the address of a restricted pod of this node to its chain, which tries the pod's policies one after
 * another and ends in `denied`. A policy that allows an outgoing packet goes on to the receiver's chain, one that allows
 * an incoming packet accepts it. Everything is in the forward hook: addresses of services have been translated there,
 * and what the node itself sends and receives does not pass, so the kubelet's probes always reach a pod.
 *
 * Answers pass; all else is judged packet by packet, so that a connection ends when a policy no longer allows it.
 */
export function policyTable(name: string, { nft, address, icmp }: Family): BaseTable {
  const table = `${nft} ${name}`
  const maps = ["egress", "ingress"]
  const chains = new Map([
    [
      "forward",
      [
        "ct direction reply ct state established accept",
        "ct state related accept",
        // Not forwarded, but a bridge may show what passes through it here: without it nobody finds anybody.
        ...(nft === "ip6" ? ["icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"] : []),
        // A pod cannot be kept from itself, which it reaches by way of a service.
        `${nft} saddr . ${nft} daddr @own-addresses accept`,
        `${nft} saddr vmap @egress`,
        `${nft} daddr vmap @ingress`,
      ],
    ],
    [EGRESS_ALLOWED, [`${nft} daddr vmap @ingress`, "accept"]],
    [
      DENIED,
      [
        // The end of a connection that was allowed: better told than left to time out.
        "ct state established tcp flags & rst == rst accept",
        // With bridge-nf-call-iptables a reset goes out as it is, from the pod's address instead of the service's, and
        // its receiver ignores it. What ICMP says is translated back.
        `ct status dnat reject with ${icmp} type admin-prohibited`,
        "meta l4proto tcp reject with tcp reset",
        `reject with ${icmp} type admin-prohibited`,
      ],
    ],
  ])
  const hook = "type filter hook forward priority filter; policy accept;"
  const lines = [
    `table ${table} {`,
    ...maps.map((name) => `  map ${name} { type ${address} : verdict; }`),
    `  set own-addresses { type ${address} . ${address}; }`,
    ...[...chains.keys()].map((name) => `  chain ${name} { ${name === "forward" ? hook : ""} }`),
    "}",
    ...[...chains.keys()].map((name) => `flush chain ${table} ${name}`),
    ...maps.map((name) => `flush map ${table} ${name}`),
    `flush set ${table} own-addresses`,
    `table ${table} {`,
    ...[...chains].map(([name, rules]) => `  chain ${name} {\n    ${rules.join("\n    ")}\n  }`),
    "}",
  ]
  return {
    text: lines.map((line) => `${line}\n`).join(""),
    names: new Set([...maps, "own-addresses", ...chains.keys()]),
  }
}
