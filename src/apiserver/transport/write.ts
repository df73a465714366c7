import type { Writable } from "node:stream"

/** Writes with backpressure. False when the reader is gone. */
export async function write(to: Writable, bytes: Uint8Array): Promise<boolean> {
  if (to.destroyed || to.writableEnded) return false
  if (to.write(bytes)) return true
  await drained(to)
  return !to.destroyed
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      to.off("drain", done)
      to.off("close", done)
      to.off("error", done)
      resolve()
    }
    to.on("drain", done)
    to.on("close", done)
    to.on("error", done)
    if (to.destroyed) done()
  })
}

const PIECE_BYTES = 256 << 10

/** Gathers small pieces into large ones, since each write has a price in TLS and HTTP/2. */
export async function writePieces(to: Writable, pieces: Iterable<Uint8Array>): Promise<boolean> {
  let buffer = Buffer.allocUnsafe(PIECE_BYTES)
  let length = 0
  for (const piece of pieces) {
    if (length + piece.length > buffer.length) {
      if (length > 0) {
        if (!(await write(to, buffer.subarray(0, length)))) return false
        buffer = Buffer.allocUnsafe(PIECE_BYTES)
        length = 0
      }
      if (piece.length >= PIECE_BYTES) {
        if (!(await write(to, piece))) return false
        continue
      }
    }
    buffer.set(piece, length)
    length += piece.length
  }
  return length === 0 ? true : write(to, buffer.subarray(0, length))
}
