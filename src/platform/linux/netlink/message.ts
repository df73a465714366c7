/**
 * Netlink messages: a 16-byte header, a fixed part, then attributes (type, length, payload padded to 4 bytes). Pure.
 * https://docs.kernel.org/userspace-api/netlink/intro.html
 *
 * Numbers are in the byte order of the machine; every machine we run on is little-endian.
 */

const HEADER_BYTES = 16
export const ATTRIBUTE_HEADER_BYTES = 4
const NLA_F_NESTED = 0x8000
const NLA_TYPE_MASK = 0x3fff

/** Message types below this belong to netlink itself. */
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3

export const NLM_F_REQUEST = 0x1
export const NLM_F_ACK = 0x4
export const NLM_F_DUMP = 0x300
export const NLM_F_DUMP_INTR = 0x10
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_APPEND = 0x800
/** In an error message: the request that failed is left out, extended attributes follow its header. */
const NLM_F_CAPPED = 0x100
const NLM_F_ACK_TLVS = 0x200
const NLMSGERR_ATTR_MSG = 1

export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** What follows the header. */
  readonly payload: Buffer
}

export type Attributes = ReadonlyMap<number, Buffer>

/** One whole message: header, fixed part and attributes. */
export function encodeMessage(type: number, flags: number, sequence: number, parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts)
  const message = Buffer.alloc(HEADER_BYTES + payload.length)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeUInt32LE(sequence, 8)
  payload.copy(message, HEADER_BYTES)
  return message
}

/** The messages in what one `recv` returned. Throws when a length does not fit. */
export function decodeMessages(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    if (length < HEADER_BYTES || at + length > bytes.length) {
      throw new RangeError(`netlink: a message of ${length} bytes at ${at} does not fit into ${bytes.length}`)
    }
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      payload: bytes.subarray(at + HEADER_BYTES, at + length),
    })
    at += align(length)
  }
  return messages
}

export function attribute(type: number, payload: Uint8Array): Buffer {
  const encoded = Buffer.alloc(align(ATTRIBUTE_HEADER_BYTES + payload.length))
  encoded.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + payload.length, 0)
  encoded.writeUInt16LE(type, 2)
  encoded.set(payload, ATTRIBUTE_HEADER_BYTES)
  return encoded
}

export function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes))
}

export function u8(type: number, value: number): Buffer {
  return attribute(type, Uint8Array.of(value))
}

/** A 16-bit number in network byte order, as ports are. */
export function u16be(type: number, value: number): Buffer {
  return attribute(type, Uint8Array.of(value >> 8, value & 0xff))
}

export function u32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32LE(value >>> 0)
  return attribute(type, payload)
}

export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`))
}

/** The attributes in `bytes` from `offset`; the last of a type wins. Throws when a length does not fit. */
export function decodeAttributes(bytes: Buffer, offset = 0): Attributes {
  const found = new Map<number, Buffer>()
  for (let at = offset; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) {
      throw new RangeError(`netlink: an attribute of ${length} bytes at ${at} does not fit into ${bytes.length}`)
    }
    found.set(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length))
    at += align(length)
  }
  return found
}

export function readText(attributes: Attributes, type: number): string | undefined {
  const payload = attributes.get(type)
  if (!payload) return undefined
  const end = payload.indexOf(0)
  return payload.toString("utf8", 0, end === -1 ? payload.length : end)
}

export function readU32(attributes: Attributes, type: number): number | undefined {
  const payload = attributes.get(type)
  return payload && payload.length >= 4 ? payload.readUInt32LE(0) : undefined
}

export function readU8(attributes: Attributes, type: number): number | undefined {
  return attributes.get(type)?.[0]
}

/** The error number (0: an acknowledgement) and the kernel's own words in an `NLMSG_ERROR` message. */
export function decodeError(message: NetlinkMessage): { readonly errno: number; readonly text: string } {
  const errno = -message.payload.readInt32LE(0)
  if (!(message.flags & NLM_F_ACK_TLVS)) return { errno, text: "" }
  const echoed = message.flags & NLM_F_CAPPED ? HEADER_BYTES : align(message.payload.readUInt32LE(4))
  return { errno, text: readText(decodeAttributes(message.payload, 4 + echoed), NLMSGERR_ATTR_MSG) ?? "" }
}

function align(length: number): number {
  return (length + 3) & ~3
}
