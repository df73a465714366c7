import { SystemError } from "../system-error.ts"
import { addressToBytes, macToBytes } from "./address-bytes.ts"
import { attribute, NLM_F_CREATE, nested, text } from "./message.ts"
import { NETLINK_NETFILTER, openNetlinkSocket } from "./socket.ts"

const NFNL_SUBSYS_NFTABLES = 10
const NFNL_MSG_BATCH_BEGIN = 16
const NFNL_MSG_BATCH_END = 17
const NFT_MSG_NEWSETELEM = 12
const NFT_MSG_DELSETELEM = 14
const NFTA_SET_ELEM_LIST_TABLE = 1
const NFTA_SET_ELEM_LIST_SET = 2
const NFTA_SET_ELEM_LIST_ELEMENTS = 3
const NFTA_LIST_ELEM = 1
const NFTA_SET_ELEM_KEY = 1
const NFTA_DATA_VALUE = 1
const FAMILIES = { ip: 2, bridge: 7, ip6: 10 } as const
const INTERFACE_NAME_BYTES = 16
const ENOENT = 2

export interface NftSet {
  readonly family: keyof typeof FAMILIES
  readonly table: string
  readonly name: string
}

/** What a set of `type ifname . ether_addr . ipv4_addr` holds, or of its like with `ipv6_addr`. */
export interface Sender {
  readonly device: string
  readonly mac: string
  readonly address: string
}

/** One set, and what it gets or loses. */
export interface SetChange {
  readonly set: NftSet
  readonly verb: "add" | "delete"
  readonly elements: readonly Sender[]
}

/**
 * Changes elements of nftables sets in one transaction, without a process: some 50 microseconds where `nft` takes 5 ms.
 * False when a set or an element that is to go is not there; then nothing has changed. Throws `SystemError`.
 * `netns`: path of the namespace; default: the thread's own.
 */
export async function changeSets(changes: readonly SetChange[], netns?: string): Promise<boolean> {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns)
  try {
    const batch = (type: number) => ({ type, parts: [header(0, NFNL_SUBSYS_NFTABLES)], silent: true })
    const requests = changes.map(({ set, verb, elements }) => ({
      type: (NFNL_SUBSYS_NFTABLES << 8) | (verb === "add" ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM),
      flags: verb === "add" ? NLM_F_CREATE : 0,
      parts: [
        header(FAMILIES[set.family], 0),
        text(NFTA_SET_ELEM_LIST_TABLE, set.table),
        text(NFTA_SET_ELEM_LIST_SET, set.name),
        nested(NFTA_SET_ELEM_LIST_ELEMENTS, elements.map(encodeElement)),
      ],
    }))
    const what = `change the set ${changes.map(({ set }) => set.name).join(" and ")}`
    const failures = await socket.requestAll(
      [batch(NFNL_MSG_BATCH_BEGIN), ...requests, batch(NFNL_MSG_BATCH_END)],
      what,
    )
    const failure = failures.find((errno) => errno !== ENOENT)
    if (failure !== undefined) throw new SystemError("netlink", failure, what)
    return failures.length === 0
  } finally {
    socket.close()
  }
}

/** `struct nfgenmsg`. */
function header(family: number, resource: number): Buffer {
  return Buffer.from([family, 0, resource >> 8, resource & 0xff])
}

/** Each part of a key takes a multiple of four bytes. */
function encodeElement({ device, mac, address }: Sender): Buffer {
  const name = Buffer.alloc(INTERFACE_NAME_BYTES)
  name.write(device, "latin1")
  const key = Buffer.concat([name, macToBytes(mac), Buffer.alloc(2), addressToBytes(address)])
  return nested(NFTA_LIST_ELEM, [nested(NFTA_SET_ELEM_KEY, [attribute(NFTA_DATA_VALUE, key)])])
}
