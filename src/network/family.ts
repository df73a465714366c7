import { familyOf, type IpFamily } from "../machinery/net/cidr.ts"

/** What the rules and settings of the kernel call the things of one IP family. All else about the two is the same. */
export interface Family {
  readonly name: IpFamily
  /** The family of tables, and what matches on addresses begin with. */
  readonly nft: "ip" | "ip6"
  /** The type of an address in maps and sets. */
  readonly address: "ipv4_addr" | "ipv6_addr"
  readonly icmp: "icmp" | "icmpv6"
  /** Without extensions. */
  readonly headerBytes: 20 | 40
  readonly anywhere: "0.0.0.0/0" | "::/0"
}

const FAMILIES: Readonly<Record<IpFamily, Family>> = {
  IPv4: {
    name: "IPv4",
    nft: "ip",
    address: "ipv4_addr",
    icmp: "icmp",
    headerBytes: 20,
    anywhere: "0.0.0.0/0",
  },
  IPv6: {
    name: "IPv6",
    nft: "ip6",
    address: "ipv6_addr",
    icmp: "icmpv6",
    headerBytes: 40,
    anywhere: "::/0",
  },
}

/** The family of an address or a range. */
export const familyFor = (text: string): Family => FAMILIES[familyOf(text)]

/** One of a node's own addresses or ranges: that of the same family as `like`. */
export function ofFamily(texts: readonly string[], like: string): string | undefined {
  return texts.find((text) => familyOf(text) === familyOf(like))
}

/**
 * What goes to one of the node's own addresses. With IPv6 other than its loopback's: the kernel takes no answer for that
 * one from another interface, so clients would wait. As with kube-proxy they are refused at once, unless a program of
 * the node listens there.
 */
export const toNode = ({ nft }: Family): string => `${nft === "ip6" ? "ip6 daddr != ::1 " : ""}fib daddr type local`
