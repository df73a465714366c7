import { decodeAttributes } from "./message.ts"
import { NETLINK_NETFILTER, openNetlinkSocket } from "./socket.ts"

const NFNL_SUBSYS_NFTABLES = 10
const NFT_MSG_GETGEN = 16
const NFTA_GEN_ID = 1

/** Counts the transactions on the nftables rules of one network namespace, whoever makes them. The caller closes it. */
export interface RulesetGeneration {
  /** One more with each transaction; starts again at 1 after 2^32. Takes microseconds. */
  read(): number
  close(): void
}

/** `netns`: path of the namespace; default: the thread's own. */
export function openRulesetGeneration(netns?: string): RulesetGeneration {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns)
  // struct nfgenmsg: family, version, resource.
  const header = Buffer.alloc(4)
  return {
    read() {
      const type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN
      const payload = socket.get(type, [header], "generation of the nftables rules")
      return (payload && decodeAttributes(payload, 4).get(NFTA_GEN_ID)?.readUInt32BE(0)) ?? 0
    },
    close: () => socket.close(),
  }
}
