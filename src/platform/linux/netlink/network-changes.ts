import type { Socket } from "node:net"
import { socketOver } from "../foreign-socket.ts"
import { ATTRIBUTE_HEADER_BYTES, decodeAttributes, decodeMessages } from "./message.ts"
import { NETLINK_NETFILTER, NETLINK_ROUTE, openMulticast, openNetlinkSocket } from "./socket.ts"

/*
 * What the kernel tells of changes in one network namespace, whoever makes them, as they happen.
 * https://man7.org/linux/man-pages/man7/netlink.7.html
 */

// linux/rtnetlink.h
const RTNLGRP_LINK = 1
const RTNLGRP_IPV4_IFADDR = 5
const RTNLGRP_IPV4_ROUTE = 7
const RTNLGRP_IPV6_IFADDR = 9
const RTNLGRP_IPV6_ROUTE = 11
const RTNLGRP_IPV4_NETCONF = 24
const RTNLGRP_IPV6_NETCONF = 25
// linux/netfilter/nfnetlink.h, nf_tables.h
const NFNLGRP_NFTABLES = 7
const NFNL_SUBSYS_NFTABLES = 10
const NFT_MSG_NEWCHAIN = 3
const NFT_MSG_GETCHAIN = 4
const NFT_MSG_NEWGEN = 15
const NFTA_CHAIN_POLICY = 5
const NF_DROP = 0
/** struct nfgenmsg: family, version, resource. */
const NFGENMSG_BYTES = 4
const FAMILIES = new Map([
  [1, "inet"],
  [2, "ip"],
  [3, "arp"],
  [5, "netdev"],
  [7, "bridge"],
  [10, "ip6"],
])
/** The kernel puts no more into one packet. */
const PACKET_BYTES_MAX = 64 * 1024

export interface NetworkListener {
  /** An interface, an address or a route was added, changed or removed, or what the kernel does with packets. */
  onDevices(): void
  /**
   * One transaction on the nftables rules: the tables that it touched, each by its family and name such as `ip filter`,
   * and those of them in which it made or changed a base chain, with whether it drops what its rules do not accept.
   */
  onRules(tables: ReadonlySet<string>, based: ReadonlyMap<string, boolean>): void
  /** Something was not told: too much happened at once. */
  onLost(): void
}

/** The caller closes it: then nothing is told any more. */
export function openNetworkChanges(listener: NetworkListener, netns?: string): { close(): void } {
  const addresses = [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR]
  const routes = [RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE]
  const devices = [RTNLGRP_LINK, ...addresses, ...routes, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF]
  const { onDevices, onLost } = listener
  const feeds = [
    openFeed(() => openMulticast(NETLINK_ROUTE, devices, netns), onDevices, onLost),
    openFeed(() => openMulticast(NETLINK_NETFILTER, [NFNLGRP_NFTABLES], netns), readRules(listener), onLost),
  ]
  return {
    close() {
      for (const feed of feeds) feed.close()
    },
  }
}

/** The tables with a base chain that drops what its rules do not accept, such as `ip filter`. */
export function tablesThatDrop(netns?: string): Set<string> {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns)
  try {
    const type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETCHAIN
    const chains = socket.dump(type, [Buffer.alloc(NFGENMSG_BYTES)], "chains of the nftables rules")
    return new Set(
      chains.map((chain) => decodeObject(chain)).flatMap(({ table, policy }) => (policy === NF_DROP ? [table] : [])),
    )
  } finally {
    socket.close()
  }
}

function readRules({ onRules }: NetworkListener): (packet: Buffer) => void {
  const tables = new Set<string>()
  const based = new Map<string, boolean>()
  return (packet) => {
    for (const { type, payload } of decodeMessages(packet)) {
      if (type >> 8 !== NFNL_SUBSYS_NFTABLES) continue
      // It ends the transaction.
      if ((type & 0xff) === NFT_MSG_NEWGEN) {
        onRules(new Set(tables), new Map(based))
        tables.clear()
        based.clear()
        continue
      }
      const { table, policy } = decodeObject(payload, (type & 0xff) === NFT_MSG_NEWCHAIN)
      tables.add(table)
      if (policy !== undefined) based.set(table, based.get(table) === true || policy === NF_DROP)
    }
  }
}

/** The kernel puts the table first. `policy`: of a base chain. */
function decodeObject(
  payload: Buffer,
  isChain = true,
): { readonly table: string; readonly policy: number | undefined } {
  const end = NFGENMSG_BYTES + payload.readUInt16LE(NFGENMSG_BYTES) - 1
  const table = `${FAMILIES.get(payload[0] ?? 0) ?? ""} ${payload.toString("latin1", NFGENMSG_BYTES + ATTRIBUTE_HEADER_BYTES, end)}`
  if (!isChain) return { table, policy: undefined }
  return { table, policy: decodeAttributes(payload, NFGENMSG_BYTES).get(NFTA_CHAIN_POLICY)?.readUInt32BE(0) }
}

/** Opens it again when the kernel had to leave something out, which it tells by an error. */
function openFeed(open: () => number, onPacket: (packet: Buffer) => void, onLost: () => void): { close(): void } {
  const buffer = Buffer.alloc(PACKET_BYTES_MAX)
  let socket = listen()

  function listen(): Socket {
    const callback = (length: number) => {
      onPacket(buffer.subarray(0, length))
      return true
    }
    const opened = socketOver(open(), { onread: { buffer, callback } })
    opened.on("error", () => {
      socket = listen()
      onLost()
    })
    opened.unref()
    opened.resume()
    return opened
  }

  return { close: () => socket.destroy() }
}
