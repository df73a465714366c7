/** The part of DER (ITU-T X.690) that certificates need: writing tagged values, and stepping over them. */

const BOOLEAN = 0x01
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31

/** One value: tag, length, content. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Buffer.from([0x80 | octets.length, ...octets])
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => tagged(SEQUENCE, ...content)
export const set = (...content: readonly Uint8Array[]): Buffer => tagged(SET, ...content)
export const octetString = (content: Uint8Array): Buffer => tagged(OCTET_STRING, content)
export const utf8String = (text: string): Buffer => tagged(UTF8_STRING, Buffer.from(text))
export const truth = (): Buffer => tagged(BOOLEAN, Buffer.from([0xff]))

/** A non-negative integer, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const minimal = first < 0 ? Buffer.from([0]) : bytes.subarray(first)
  // The top bit is the sign.
  return tagged(INTEGER, (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), minimal]) : minimal)
}

/** Bits, of which the last `unused` are padding. */
export const bitString = (content: Uint8Array, unused = 0): Buffer => tagged(BIT_STRING, Buffer.from([unused]), content)

/** An object identifier in dotted form, such as `2.5.4.3`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number)
  const octets = [first * 40 + second]
  for (const part of rest) {
    const digits = [part % 128]
    for (let value = Math.floor(part / 128); value > 0; value = Math.floor(value / 128))
      digits.unshift((value % 128) | 0x80)
    octets.push(...digits)
  }
  return tagged(OBJECT_ID, Buffer.from(octets))
}

/** A point in time, in whole seconds. RFC 5280 wants two-digit years until 2049. */
export function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, "")
  return epochMs < Date.UTC(2050, 0)
    ? tagged(UTC_TIME, Buffer.from(text.slice(2)))
    : tagged(GENERALIZED_TIME, Buffer.from(text))
}

export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content. */
  readonly whole: Buffer
}

/** The values that stand one after the other in `bytes`. Throws on truncated input. */
export function readAll(bytes: Buffer): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at
    const tag = bytes.readUInt8(at++)
    let length = bytes.readUInt8(at++)
    if (length & 0x80) {
      const octets = length & 0x7f
      length = bytes.readUIntBE(at, octets)
      at += octets
    }
    if (at + length > bytes.length)
      throw new RangeError(`a DER value of ${length} bytes is cut off at ${bytes.length - at}`)
    values.push({ tag, content: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) })
    at += length
  }
  return values
}
