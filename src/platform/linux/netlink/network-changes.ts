import type { Socket } from "node:net"
import { socketOver } from "../foreign-socket.ts"
import { decodeMessages } from "./message.ts"
import { decodeChain, NFNL_SUBSYS_NFTABLES, tableOf } from "./ruleset.ts"
import { NETLINK_NETFILTER, NETLINK_ROUTE, openMulticast } from "./socket.ts"

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
const NFT_MSG_NEWCHAIN = 3
const NFT_MSG_NEWGEN = 15
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
      const { family, table: name } = tableOf(payload)
      const table = `${family} ${name}`
      tables.add(table)
      const drops = (type & 0xff) === NFT_MSG_NEWCHAIN ? decodeChain(payload).drops : undefined
      if (drops !== undefined) based.set(table, based.get(table) === true || drops)
    }
  }
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
