/** Messages of D-Bus. https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages */

export const messageTypes = { call: 1, reply: 2, error: 3, signal: 4 } as const
export type MessageType = keyof typeof messageTypes
/** A variant is read as what it holds. */
export type Value = string | number | bigint | boolean

export interface Message {
  readonly type: MessageType
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  /** Of the body; empty: there is none. */
  readonly signature: string
  /** Of types that are not known here, nothing. */
  readonly body: readonly Value[]
}

type Fields = Omit<Message, "type" | "serial" | "body">
const fields: readonly (readonly [code: number, name: keyof Fields, type: "o" | "s" | "u" | "g"])[] = [
  [1, "path", "o"],
  [2, "interface", "s"],
  [3, "member", "s"],
  [4, "errorName", "s"],
  [5, "replySerial", "u"],
  [6, "destination", "s"],
  [7, "sender", "s"],
  [8, "signature", "g"],
]

const LITTLE = "l".charCodeAt(0)
const VERSION = 1
const HEAD_BYTES = 16

export function encodeMessage(message: Omit<Message, "serial">, serial: number): Buffer {
  const body = new Writer()
  let at = 0
  for (const type of message.signature) body.value(type, message.body[at++] ?? 0)
  const head = new Writer()
  head.bytes(LITTLE, messageTypes[message.type], 0, VERSION)
  head.value("u", body.length)
  head.value("u", serial)
  const all = new Writer()
  for (const [code, name, type] of fields) {
    const value = message[name]
    if (value === undefined || value === "") continue
    all.pad(8)
    all.bytes(code)
    all.value("g", type)
    all.value(type, value)
  }
  head.value("u", all.length)
  head.append(all)
  head.pad(8)
  head.append(body)
  return head.done()
}

/** The bytes of the message that `data` begins with; undefined as long as its head is not there. */
export function messageBytes(data: Buffer): number | undefined {
  if (data.length < HEAD_BYTES) return undefined
  const reader = new Reader(data, 4)
  const [body, , all] = [reader.number(), reader.number(), reader.number()]
  return Math.ceil((HEAD_BYTES + all) / 8) * 8 + body
}

/** Of a whole message. */
export function decodeMessage(data: Buffer): Message {
  const reader = new Reader(data, 1)
  const [code] = data.subarray(1)
  const type = (Object.keys(messageTypes) as MessageType[]).find((each) => messageTypes[each] === code) ?? "signal"
  reader.at = 8
  const serial = reader.number()
  const end = HEAD_BYTES + reader.number()
  const found: Partial<Record<keyof Fields, Value>> = {}
  while (reader.at < end) {
    reader.pad(8)
    const field = reader.byte()
    const value = reader.value(reader.signature())
    // Where one of a type that is not known here ends, nobody knows: what follows it is left out.
    if (value === undefined) break
    const [, name] = fields.find(([known]) => known === field) ?? []
    if (name !== undefined) found[name] = value
  }
  reader.at = end
  reader.pad(8)
  const { signature = "" } = found as { signature?: string }
  const body: Value[] = []
  for (const each of signature) {
    const value = reader.value(each)
    if (value === undefined) break
    body.push(value)
  }
  return { ...(found as Partial<Fields>), type, serial, signature, body }
}

class Writer {
  readonly #parts: Buffer[] = []
  length = 0

  bytes(...values: readonly number[]): void {
    this.#add(Buffer.from(values))
  }

  pad(to: number): void {
    this.#add(Buffer.alloc((to - (this.length % to)) % to))
  }

  append(other: Writer): void {
    this.#add(other.done())
  }

  value(type: string, value: Value): void {
    switch (type) {
      case "s":
      case "o":
        this.value("u", Buffer.byteLength(String(value)))
        return this.#add(Buffer.from(`${String(value)}\0`))
      case "g":
        this.bytes(Buffer.byteLength(String(value)))
        return this.#add(Buffer.from(`${String(value)}\0`))
      case "t": {
        this.pad(8)
        const bytes = Buffer.alloc(8)
        bytes.writeBigUInt64LE(BigInt(value))
        return this.#add(bytes)
      }
      case "v":
        // The only variants that are written hold numbers of this size.
        this.value("g", "t")
        return this.value("t", value)
      case "u":
      case "i":
      case "b": {
        this.pad(4)
        const bytes = Buffer.alloc(4)
        bytes.writeUInt32LE(Number(value) >>> 0)
        return this.#add(bytes)
      }
      default:
        throw new TypeError(`found the D-Bus type ${type}, expected one of bgiostuv`)
    }
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.length += bytes.length
  }
}

class Reader {
  readonly #data: Buffer
  readonly #isLittle: boolean
  at: number

  constructor(data: Buffer, at: number) {
    this.#data = data
    this.#isLittle = data[0] === LITTLE
    this.at = at
  }

  byte(): number {
    return this.#data.readUInt8(this.at++)
  }

  pad(to: number): void {
    this.at = Math.ceil(this.at / to) * to
  }

  number(): number {
    this.pad(4)
    const at = this.at
    this.at += 4
    return this.#isLittle ? this.#data.readUInt32LE(at) : this.#data.readUInt32BE(at)
  }

  signature(): string {
    return this.#text(this.byte())
  }

  value(type: string): Value | undefined {
    switch (type) {
      case "s":
      case "o":
        return this.#text(this.number())
      case "g":
        return this.signature()
      case "u":
        return this.number()
      case "i":
        return this.number() | 0
      case "b":
        return this.number() === 1
      case "t": {
        this.pad(8)
        const at = this.at
        this.at += 8
        return this.#isLittle ? this.#data.readBigUInt64LE(at) : this.#data.readBigUInt64BE(at)
      }
      case "v":
        return this.value(this.signature())
      default:
        return undefined
    }
  }

  #text(bytes: number): string {
    const at = this.at
    this.at += bytes + 1
    return this.#data.toString("utf8", at, at + bytes)
  }
}
