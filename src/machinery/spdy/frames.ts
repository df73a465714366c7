/** Frames of SPDY/3.1, as bytes. https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/ */

export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

export const FIN = 1

/** RST_STREAM's codes. */
export const resetCodes = { protocolError: 1, invalidStream: 2, cancel: 5 } as const

export type Frame =
  | { readonly kind: "data"; readonly streamId: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly payload: Buffer }

const VERSION = 3
const CONTROL = 0x8000
const HEAD_BYTES = 8
const STREAM_ID_MASK = 0x7fffffff

/** Cuts a stream of bytes into frames. */
export interface FrameReader {
  /** The frames that end in `chunk`. Throws when the bytes are no SPDY/3. */
  push(chunk: Buffer): Frame[]
}

export function createFrameReader(): FrameReader {
  let held: Buffer[] = []
  let heldLength = 0
  /** How much is needed before there is a frame to cut, so that a long frame is not joined again with each chunk. */
  let neededLength = HEAD_BYTES
  return {
    push(chunk) {
      held.push(chunk)
      heldLength += chunk.length
      if (heldLength < neededLength) return []
      let bytes = held.length === 1 ? chunk : Buffer.concat(held)
      const frames: Frame[] = []
      for (;;) {
        neededLength = bytes.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + bytes.readUIntBE(5, 3)
        if (bytes.length < neededLength) break
        frames.push(parse(bytes.subarray(0, neededLength)))
        bytes = bytes.subarray(neededLength)
      }
      held = bytes.length === 0 ? [] : [bytes]
      heldLength = bytes.length
      return frames
    },
  }
}

function parse(bytes: Buffer): Frame {
  const flags = bytes.readUInt8(4)
  const payload = bytes.subarray(HEAD_BYTES)
  const first = bytes.readUInt16BE(0)
  if ((first & CONTROL) === 0) return { kind: "data", streamId: bytes.readUInt32BE(0), flags, payload }
  if ((first & ~CONTROL) !== VERSION) throw new Error(`found SPDY version ${first & ~CONTROL}, expected ${VERSION}`)
  return { kind: "control", type: bytes.readUInt16BE(2), flags, payload }
}

export function streamIdOf(payload: Buffer): number {
  if (payload.length < 4) throw new Error("SPDY frame ends too early")
  return payload.readUInt32BE(0) & STREAM_ID_MASK
}

/** The head of a data frame; the payload follows it. */
export function dataHead(streamId: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(streamId, 0)
  head.writeUInt8(flags, 4)
  head.writeUIntBE(length, 5, 3)
  return head
}

export function controlFrame(type: number, flags: number, ...parts: readonly (Buffer | number)[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => (typeof part === "number" ? uint32(part) : part)))
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt16BE(CONTROL | VERSION, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt8(flags, 4)
  head.writeUIntBE(payload.length, 5, 3)
  return Buffer.concat([head, payload])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
