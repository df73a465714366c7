import { addressToBytes } from "../../platform/linux/netlink/address-bytes.ts"
import { decodeName, NameWriter } from "./name.ts"
import { CLASS_IN, type RecordData, type ResourceRecord, rcodes, types } from "./record.ts"

/** Messages of the domain name system: https://www.rfc-editor.org/rfc/rfc1035#section-4, EDNS: https://www.rfc-editor.org/rfc/rfc6891 */

export const HEADER_BYTES = 12
const FLAG_RESPONSE = 0x8000
const FLAG_AUTHORITATIVE = 0x0400
const FLAG_TRUNCATED = 0x0200
const FLAG_RECURSION_DESIRED = 0x0100
const FLAG_RECURSION_AVAILABLE = 0x0080
const FLAG_CHECKING_DISABLED = 0x0010
/** What any client takes over UDP. */
export const UDP_BYTES_DEFAULT = 512
/** What we take, and send at most, over UDP: fits into every path without fragments (https://www.dnsflagday.net/2020/). */
export const UDP_BYTES_MAX = 1232
export const TCP_BYTES_MAX = 65535

export interface Query {
  readonly id: number
  readonly flags: number
  readonly opcode: number
  readonly name: string
  readonly type: number
  readonly class: number
  /** The question as it came in, for the answer: the case of its letters is the client's. */
  readonly question: Buffer
  readonly edns?: { readonly udpBytes: number; readonly version: number; readonly dnssecOk: boolean }
  readonly raw: Buffer
}

export interface Response {
  readonly rcode: number
  readonly authoritative: boolean
  readonly answers: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  /** What may help, and is left out where it does not fit. */
  readonly additional: readonly ResourceRecord[]
}

/** What came is a message, but not a question that can be answered. */
export class FormatError extends Error {
  readonly rcode: number
  constructor(rcode: number) {
    super(`dns: malformed query, answering with code ${rcode}`)
    this.rcode = rcode
  }
}

/** Undefined for what deserves no answer: responses and fragments. Throws `FormatError`. */
export function decodeQuery(raw: Buffer): Query | undefined {
  if (raw.length < HEADER_BYTES) return undefined
  const flags = raw.readUInt16BE(2)
  if (flags & FLAG_RESPONSE) return undefined
  const opcode = (flags >> 11) & 0xf
  if (opcode !== 0) throw new FormatError(rcodes.NOTIMP)
  if (raw.readUInt16BE(4) !== 1) throw new FormatError(rcodes.FORMERR)
  try {
    const { name, end } = decodeName(raw, HEADER_BYTES)
    const [type, queryClass] = [raw.readUInt16BE(end), raw.readUInt16BE(end + 2)]
    const opt = readRecords(raw, end + 4).find((record) => record.type === types.OPT)
    return {
      id: raw.readUInt16BE(0),
      flags,
      opcode,
      name,
      type,
      class: queryClass,
      question: raw.subarray(HEADER_BYTES, end + 4),
      ...(opt && {
        edns: {
          udpBytes: Math.max(opt.class, UDP_BYTES_DEFAULT),
          version: (opt.ttl >>> 16) & 0xff,
          dnssecOk: (opt.ttl & 0x8000) !== 0,
        },
      }),
      raw,
    }
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(rcodes.FORMERR)
    throw error
  }
}

/** The answer to what could not be read as a query. */
export function encodeFormatError(raw: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(raw.readUInt16BE(0), 0)
  header.writeUInt16BE(FLAG_RESPONSE | (raw.readUInt16BE(2) & 0x7900) | rcode, 2)
  return header
}

/** `bytesMax`: what the client takes. What does not fit is left out, and the answer says so. */
export function encodeResponse(query: Query, response: Response, bytesMax: number): Buffer {
  const { rcode, authoritative, answers, authority, additional } = response
  const opt = query.edns ? encodeOpt(rcode) : Buffer.alloc(0)
  const names = new NameWriter()
  names.remember(query.name, HEADER_BYTES)
  const parts: Buffer[] = []
  let size = HEADER_BYTES + query.question.length + opt.length
  const counts = [0, 0, 0]
  let truncated = false
  for (const [section, records] of [answers, authority, additional].entries()) {
    for (const record of records) {
      const bytes = encodeRecord(record, names, size - opt.length)
      const isTooMuch = size + bytes.length > bytesMax
      // https://www.rfc-editor.org/rfc/rfc2181#section-9
      truncated ||= isTooMuch && section < 2
      if (isTooMuch || truncated) break
      size += bytes.length
      parts.push(bytes)
      counts[section] = (counts[section] ?? 0) + 1
    }
  }
  const header = Buffer.alloc(HEADER_BYTES)
  const flags =
    FLAG_RESPONSE |
    FLAG_RECURSION_AVAILABLE |
    (query.flags & (FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED)) |
    (authoritative ? FLAG_AUTHORITATIVE : 0) |
    (truncated ? FLAG_TRUNCATED : 0) |
    (rcode & 0xf)
  for (const [index, value] of [query.id, flags, 1, ...counts].entries()) {
    header.writeUInt16BE(value, index * 2)
  }
  if (query.edns) header.writeUInt16BE((counts[2] ?? 0) + 1, 10)
  return Buffer.concat([header, query.question, ...parts, opt])
}

/** A query for another name and type, with nothing else of the first. */
export function encodeQuery(id: number, name: string, type: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  for (const [index, value] of [id, FLAG_RECURSION_DESIRED, 1].entries()) header.writeUInt16BE(value, index * 2)
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(type, 0)
  tail.writeUInt16BE(CLASS_IN, 2)
  return Buffer.concat([header, new NameWriter().encode(name, HEADER_BYTES), tail])
}

function encodeOpt(rcode: number): Buffer {
  const opt = Buffer.alloc(11)
  opt.writeUInt16BE(types.OPT, 1)
  opt.writeUInt16BE(UDP_BYTES_MAX, 3)
  opt.writeUInt8(rcode >> 4, 5)
  return opt
}

function encodeRecord({ name, ttl, data }: ResourceRecord, names: NameWriter, at: number): Buffer {
  const owner = names.encode(name, at)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(types[data.type], 0)
  fixed.writeUInt16BE(CLASS_IN, 2)
  fixed.writeUInt32BE(ttl, 4)
  const value = encodeData(data, names, at + owner.length + fixed.length)
  fixed.writeUInt16BE(value.length, 8)
  return Buffer.concat([owner, fixed, value])
}

function encodeData(data: RecordData, names: NameWriter, at: number): Buffer {
  switch (data.type) {
    case "A":
    case "AAAA":
      return Buffer.from(addressToBytes(data.address))
    case "CNAME":
    case "PTR":
    case "NS":
      return names.encode(data.target, at)
    case "SRV": {
      const numbers = Buffer.alloc(6)
      for (const [index, value] of [data.priority, data.weight, data.port].entries())
        numbers.writeUInt16BE(value, index * 2)
      return Buffer.concat([numbers, names.encode(data.target, at + 6, false)])
    }
    case "TXT": {
      const text = Buffer.from(data.text).subarray(0, 255)
      return Buffer.concat([Buffer.from([text.length]), text])
    }
    case "SOA": {
      const server = names.encode(data.server, at)
      const mailbox = names.encode(data.mailbox, at + server.length)
      const numbers = Buffer.alloc(20)
      // Serial, refresh, retry, expire, and how long "no such name" may be believed.
      for (const [index, value] of [data.serial, 7200, 1800, 86400, NEGATIVE_TTL_SECONDS].entries())
        numbers.writeUInt32BE(value, index * 4)
      return Buffer.concat([server, mailbox, numbers])
    }
  }
}

export const NEGATIVE_TTL_SECONDS = 5

export interface RawRecord {
  readonly type: number
  readonly class: number
  readonly ttl: number
  /** Where the four bytes of the TTL stand. */
  readonly ttlAt: number
  readonly dataAt: number
  readonly dataLength: number
  /** 0: answer, 1: authority, 2: additional. */
  readonly section: number
  readonly name: string
}

/** Every record of a message, from the end of its question. Throws `RangeError` when it is cut short. */
export function readRecords(message: Buffer, start: number): RawRecord[] {
  const records: RawRecord[] = []
  let at = start
  for (const [section, field] of [6, 8, 10].entries()) {
    for (let left = message.readUInt16BE(field); left > 0; left--) {
      const { name, end } = decodeName(message, at)
      const dataLength = message.readUInt16BE(end + 8)
      if (end + 10 + dataLength > message.length) throw new RangeError("dns: a record is cut short")
      records.push({
        type: message.readUInt16BE(end),
        class: message.readUInt16BE(end + 2),
        ttl: message.readUInt32BE(end + 4),
        ttlAt: end + 4,
        dataAt: end + 10,
        dataLength,
        section,
        name,
      })
      at = end + 10 + dataLength
    }
  }
  return records
}

export function isTruncated(message: Buffer): boolean {
  return (message.readUInt16BE(2) & FLAG_TRUNCATED) !== 0
}

export function rcodeOf(message: Buffer): number {
  return message.readUInt16BE(2) & 0xf
}
