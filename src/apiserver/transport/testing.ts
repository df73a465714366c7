import { once } from "node:events"
import { connect as connectTcp, type Socket } from "node:net"
import { connect as connectTls, type TLSSocket } from "node:tls"

/** Clients that do what a well-behaved library would not let them do. */

/** RFC 9113, section 6. */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
}
export const FLAG = { endStream: 1, endHeaders: 4 }
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
/** `GET https://x/` by HPACK's static table. */
export const GET_ROOT = Buffer.from([0x82, 0x87, 0x84, 0x01, 0x01, 0x78])

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header field that is sent in full and not remembered. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1")
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest >>= 7) length.push(128 | (rest & 127))
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}

export async function openTcp(port: number): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1")
  socket.on("error", () => socket.destroy())
  await once(socket, "connect")
  return socket
}

export interface Identity {
  readonly cert: string
  readonly key: string
}

export async function openTls(port: number, protocol: "h2" | "http/1.1", identity?: Identity): Promise<TLSSocket> {
  const options = { host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: [protocol], ...identity }
  const socket = connectTls(options)
  socket.on("error", () => socket.destroy())
  await once(socket, "secureConnect")
  return socket
}

/** A connection on which HTTP/2 has begun, with `settings` as (identifier, value) pairs. */
export async function openHttp2(
  port: number,
  settings: readonly (readonly [number, number])[] = [],
  identity?: Identity,
): Promise<TLSSocket> {
  const socket = await openTls(port, "h2", identity)
  const payload = Buffer.concat(
    settings.map(([id, value]) => {
      const pair = Buffer.alloc(6)
      pair.writeUInt16BE(id, 0)
      pair.writeUInt32BE(value, 2)
      return pair
    }),
  )
  socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, payload)]))
  return socket
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** The frames of a connection, as they come; ends with it. */
export async function* framesOf(socket: TLSSocket): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      const stream = rest.readUInt32BE(5) & 0x7fffffff
      yield { type: rest.readUInt8(3), flags: rest.readUInt8(4), stream, payload: rest.subarray(9, end) }
      rest = rest.subarray(end)
    }
  }
}

/** Resolves when the other side has ended the connection. */
export async function ended(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await once(socket, "close")
}
