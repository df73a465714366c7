import { addressFromBytes, addressToBytes, macFromBytes, macToBytes } from "./address-bytes.ts"
import { attribute, decodeAttributes } from "./message.ts"

export const RTM_NEWNEIGH = 28
export const RTM_DELNEIGH = 29
export const RTM_GETNEIGH = 30

const NDA_DST = 1
const NDA_LLADDR = 2
const NDA_MASTER = 9
const NUD_PERMANENT = 0x80
const NTF_SELF = 2
export const AF_BRIDGE = 7

/**
 * A permanent entry: in the ARP or neighbour table (`address` has the hardware address `mac`), or, with `fdb`, in the
 * forwarding table of a VXLAN device (frames to `mac` are sent to the machine with `address`).
 */
export interface Neighbour {
  readonly index: number
  readonly address: string
  readonly mac: string
  readonly fdb: boolean
}

/** `struct ndmsg` and attributes. */
export function encodeNeighbour(entry: Neighbour): Buffer[] {
  const bytes = addressToBytes(entry.address)
  const header = Buffer.alloc(12)
  header[0] = entry.fdb ? AF_BRIDGE : bytes.length === 4 ? 2 : 10
  header.writeInt32LE(entry.index, 4)
  header.writeUInt16LE(NUD_PERMANENT, 8)
  header[10] = entry.fdb ? NTF_SELF : 0
  return [header, attribute(NDA_DST, bytes), attribute(NDA_LLADDR, macToBytes(entry.mac))]
}

/** Undefined for entries that are not permanent or lack an address: those are the kernel's own business. */
export function decodeNeighbour(payload: Buffer): Neighbour | undefined {
  const attributes = decodeAttributes(payload, 12)
  const address = attributes.get(NDA_DST)
  const mac = attributes.get(NDA_LLADDR)
  if (!address || !mac || mac.length !== 6 || !(payload.readUInt16LE(8) & NUD_PERMANENT)) return undefined
  return {
    index: payload.readInt32LE(4),
    address: addressFromBytes(address),
    mac: macFromBytes(mac),
    fdb: payload[0] === AF_BRIDGE,
  }
}

const NUD_NOARP = 0x40
const NTF_MASTER = 4

/** A hardware address that is behind a port of a bridge for certain: the bridge need not learn, and never forgets. */
export interface BridgeEntry {
  /** Of the port. */
  readonly index: number
  readonly mac: string
}

export function encodeBridgeEntry({ index, mac }: BridgeEntry): Buffer[] {
  const header = Buffer.alloc(12)
  header[0] = AF_BRIDGE
  header.writeInt32LE(index, 4)
  header.writeUInt16LE(NUD_NOARP, 8)
  header[10] = NTF_MASTER
  return [header, attribute(NDA_LLADDR, macToBytes(mac))]
}

/** Undefined for entries that the bridge has learned, those of its own addresses, and those of other devices. */
export function decodeBridgeEntry(payload: Buffer): BridgeEntry | undefined {
  const attributes = decodeAttributes(payload, 12)
  const mac = attributes.get(NDA_LLADDR)
  const isStatic = (payload.readUInt16LE(8) & NUD_NOARP) !== 0
  if (!mac || mac.length !== 6 || !isStatic || !attributes.has(NDA_MASTER)) return undefined
  return { index: payload.readInt32LE(4), mac: macFromBytes(mac) }
}

const NTF_PROXY = 8

/** An address that this machine answers ARP or neighbour solicitations for on an interface, though it is somewhere behind it. */
export interface ProxyNeighbour {
  readonly index: number
  readonly address: string
}

export function encodeProxy({ index, address }: ProxyNeighbour): Buffer[] {
  const bytes = addressToBytes(address)
  const header = Buffer.alloc(12)
  header[0] = bytes.length === 4 ? 2 : 10
  header.writeInt32LE(index, 4)
  header.writeUInt16LE(NUD_PERMANENT, 8)
  header[10] = NTF_PROXY
  return [header, attribute(NDA_DST, bytes)]
}

/** Asks for all of them. */
export function proxyQuery(): Buffer {
  const header = Buffer.alloc(12)
  header[10] = NTF_PROXY
  return header
}

export function decodeProxy(payload: Buffer): ProxyNeighbour | undefined {
  const address = decodeAttributes(payload, 12).get(NDA_DST)
  return address && { index: payload.readInt32LE(4), address: addressFromBytes(address) }
}
