import { ATTRIBUTE_HEADER_BYTES, decodeAttributes, readText } from "./message.ts"
import { NETLINK_NETFILTER, openNetlinkSocket } from "./socket.ts"

/*
 * The nftables rules of a network namespace, as the kernel tells of them: some 100 microseconds where `nft` takes 5 ms.
 */

// linux/netfilter/nfnetlink.h, nf_tables.h
export const NFNL_SUBSYS_NFTABLES = 10
const NFT_MSG_GETCHAIN = 4
const NFT_MSG_GETSET = 10
const NFTA_CHAIN_NAME = 3
const NFTA_CHAIN_HOOK = 4
const NFTA_CHAIN_POLICY = 5
const NFTA_CHAIN_USE = 6
const NFTA_HOOK_HOOKNUM = 1
const NFTA_SET_NAME = 2
const NFTA_SET_FLAGS = 3
/** A set without a name of its own, one with values, or one with objects. */
const NOT_PLAIN_SET = 0x1 | 0x8 | 0x40
const NF_DROP = 0
/** struct nfgenmsg: family, version, resource. */
const NFGENMSG_BYTES = 4
const FAMILIES = ["", "inet", "ip", "arp", "", "netdev", "", "bridge", "", "", "ip6"] as const
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"] as const

export interface NftChain {
  /** As `nft` calls it, such as `ip6`. */
  readonly family: string
  readonly table: string
  readonly name: string
  /** Where packets enter it, when it is a base chain of a family of IP. */
  readonly hook: string | undefined
  /** Whether it drops what its rules do not accept. Undefined: it is no base chain. */
  readonly drops: boolean | undefined
  /** It has no rules, and none leads to it. */
  readonly isEmpty: boolean
}

export interface NftName {
  readonly family: string
  readonly table: string
  readonly name: string
}

/** Of all tables. `netns`: path of the namespace; default: the thread's own. */
export const readChains = (netns?: string): NftChain[] => dump(NFT_MSG_GETCHAIN, "chains", netns).map(decodeChain)

/** The named sets of all tables that are no maps. */
export function readSets(netns?: string): NftName[] {
  return dump(NFT_MSG_GETSET, "sets", netns).flatMap((payload) => {
    const attributes = decodeAttributes(payload, NFGENMSG_BYTES)
    const flags = attributes.get(NFTA_SET_FLAGS)?.readUInt32BE(0) ?? 0
    return flags & NOT_PLAIN_SET ? [] : [{ ...tableOf(payload), name: readText(attributes, NFTA_SET_NAME) ?? "" }]
  })
}

/** What a message's object belongs to, or is. The kernel puts the table's name first. */
export function tableOf(payload: Buffer): { readonly family: string; readonly table: string } {
  const end = NFGENMSG_BYTES + payload.readUInt16LE(NFGENMSG_BYTES) - 1
  const table = payload.toString("utf8", NFGENMSG_BYTES + ATTRIBUTE_HEADER_BYTES, end)
  return { family: FAMILIES[payload[0] ?? 0] ?? "", table }
}

export function decodeChain(payload: Buffer): NftChain {
  const attributes = decodeAttributes(payload, NFGENMSG_BYTES)
  const hook = attributes.get(NFTA_CHAIN_HOOK)
  const hookNumber = hook && decodeAttributes(hook).get(NFTA_HOOK_HOOKNUM)?.readUInt32BE(0)
  const policy = attributes.get(NFTA_CHAIN_POLICY)
  return {
    ...tableOf(payload),
    name: readText(attributes, NFTA_CHAIN_NAME) ?? "",
    hook: hookNumber === undefined ? undefined : HOOKS[hookNumber],
    drops: policy === undefined ? undefined : policy.readUInt32BE(0) === NF_DROP,
    isEmpty: attributes.get(NFTA_CHAIN_USE)?.readUInt32BE(0) === 0,
  }
}

function dump(type: number, what: string, netns: string | undefined): Buffer[] {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns)
  try {
    return socket.dump((NFNL_SUBSYS_NFTABLES << 8) | type, [Buffer.alloc(NFGENMSG_BYTES)], `nftables ${what}`)
  } finally {
    socket.close()
  }
}
