import { addressFromBytes, addressToBytes } from "./address-bytes.ts"
import { attribute, decodeAttributes } from "./message.ts"

export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22

const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_F_NODAD = 2
const AF_INET = 2
const AF_INET6 = 10

/** An address on an interface. */
export interface InterfaceAddress {
  readonly index: number
  readonly address: string
  readonly prefixLength: number
}

/** `struct ifaddrmsg` and attributes. IPv6 addresses skip duplicate detection: ours are assigned, not guessed. */
export function encodeInterfaceAddress(wanted: InterfaceAddress): Buffer[] {
  const bytes = addressToBytes(wanted.address)
  const header = Buffer.alloc(8)
  header[0] = bytes.length === 4 ? AF_INET : AF_INET6
  header[1] = wanted.prefixLength
  header[2] = bytes.length === 4 ? 0 : IFA_F_NODAD
  header.writeUInt32LE(wanted.index, 4)
  return [header, attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)]
}

export function decodeInterfaceAddress(payload: Buffer): InterfaceAddress {
  const attributes = decodeAttributes(payload, 8)
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? Buffer.alloc(4)
  return { index: payload.readUInt32LE(4), address: addressFromBytes(bytes), prefixLength: payload[1] ?? 0 }
}
