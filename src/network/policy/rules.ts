import type { BaseTable } from "../rule-book.ts"

export type Direction = "ingress" | "egress"

/** Declarations of the sets that policies use. */
export const ADDRESS_SET = "type ipv4_addr;"
export const PORT_SET = "type ipv4_addr . inet_proto . inet_service;"

/** Where a packet goes on that its sender may send: the receiver is asked too. */
export const EGRESS_ALLOWED = "egress-allowed"
/** Where a packet ends that no policy allows. */
export const DENIED = "denied"

/**
 * The maps lead from the address of a restricted pod of this node to its chain, which tries the pod's policies one after
 * another and ends in `denied`. A policy that allows an outgoing packet goes on to the receiver's chain, one that allows
 * an incoming packet accepts it. Everything is in the forward hook: addresses of services have been translated there,
 * and what the node itself sends and receives does not pass, so the kubelet's probes always reach a pod.
 *
 * Answers pass; all else is judged packet by packet, so that a connection ends when a policy no longer allows it.
 */
export function policyTable(table: string): BaseTable {
  const maps = ["egress", "ingress"]
  const chains = new Map([
    [
      "forward",
      [
        "ct direction reply ct state established accept",
        "ct state related accept",
        // A pod cannot be kept from itself, which it reaches by way of a service.
        "ip saddr . ip daddr @own-addresses accept",
        "ip saddr vmap @egress",
        "ip daddr vmap @ingress",
      ],
    ],
    [EGRESS_ALLOWED, ["ip daddr vmap @ingress", "accept"]],
    [
      DENIED,
      [
        // The end of a connection that was allowed: better told than left to time out.
        "ct state established tcp flags & rst == rst accept",
        // With bridge-nf-call-iptables a reset goes out as it is, from the pod's address instead of the service's, and
        // its receiver ignores it. What ICMP says is translated back.
        "ct status dnat reject with icmp type admin-prohibited",
        "meta l4proto tcp reject with tcp reset",
        "reject with icmp type admin-prohibited",
      ],
    ],
  ])
  const hook = "type filter hook forward priority filter; policy accept;"
  const lines = [
    `table ip ${table} {`,
    ...maps.map((name) => `  map ${name} { type ipv4_addr : verdict; }`),
    "  set own-addresses { type ipv4_addr . ipv4_addr; }",
    ...[...chains.keys()].map((name) => `  chain ${name} { ${name === "forward" ? hook : ""} }`),
    "}",
    ...[...chains.keys()].map((name) => `flush chain ip ${table} ${name}`),
    ...maps.map((name) => `flush map ip ${table} ${name}`),
    `flush set ip ${table} own-addresses`,
    `table ip ${table} {`,
    ...[...chains].map(([name, rules]) => `  chain ${name} {\n    ${rules.join("\n    ")}\n  }`),
    "}",
  ]
  return {
    text: lines.map((line) => `${line}\n`).join(""),
    names: new Set([...maps, "own-addresses", ...chains.keys()]),
  }
}
