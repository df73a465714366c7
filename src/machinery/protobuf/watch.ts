import { ProtobufError, Reader, WIRE_BYTES } from "./reader.ts"

/**
 * Watch streams in protobuf: each event is a `WatchEvent` message behind its length in four bytes, big-endian. The
 * object inside has its own envelope. Media type `application/vnd.kubernetes.protobuf;stream=watch`.
 */

/** One frame of the stream. `object` is an enveloped object, as `encodeObject` makes it. */
export function encodeWatchEvent(type: string, object: Uint8Array): Uint8Array {
  const typeBytes = Buffer.from(type)
  const inner = 1 + sizeOfVarint(object.length) + object.length
  const size = 1 + sizeOfVarint(typeBytes.length) + typeBytes.length + 1 + sizeOfVarint(inner) + inner
  const frame = Buffer.allocUnsafe(4 + size)
  let at = frame.writeUInt32BE(size, 0)
  frame[at++] = 0x0a
  at = writeVarint(frame, at, typeBytes.length)
  frame.set(typeBytes, at)
  at += typeBytes.length
  frame[at++] = 0x12
  at = writeVarint(frame, at, inner)
  frame[at++] = 0x0a
  at = writeVarint(frame, at, object.length)
  frame.set(object, at)
  return frame
}

/** The message of one frame, without the four bytes of length. Throws `ProtobufError`. */
export function decodeWatchEvent(message: Uint8Array): { readonly type: string; readonly object: Uint8Array } {
  const reader = new Reader(message)
  let type = ""
  let object: Uint8Array | undefined
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === 0x0a) type = reader.text()
    else if (tag === 0x12) {
      const outer = reader.enter()
      while (reader.at < reader.end) {
        const inner = reader.varint()
        if (inner === 8 + WIRE_BYTES) object = reader.bytes()
        else reader.skip(inner % 8)
      }
      reader.leave(outer)
    } else reader.skip(tag % 8)
  }
  if (object === undefined) throw new ProtobufError(`watch event ${JSON.stringify(type)} has no object`)
  return { type, object }
}

function sizeOfVarint(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++
  return size
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 0x80
  buffer[at++] = rest
  return at
}
