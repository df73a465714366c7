import type { Writable } from "node:stream"

/** Writes with backpressure. False when the reader is gone; a promise only when there is something to wait for. */
export function write(to: Writable, bytes: Uint8Array): boolean | Promise<boolean> {
  if (to.destroyed || to.writableEnded) return false
  return to.write(bytes) || drained(to).then(() => !to.destroyed)
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

/**
 * Gathers small pieces into large ones, since each write has a price in TLS and HTTP/2. However much there is, it takes
 * the memory of about one large piece.
 */
export async function writePieces(to: Writable, pieces: Iterable<Uint8Array>): Promise<boolean> {
  let buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let length = 0
  const flush = async (): Promise<boolean> => {
    const written = write(to, buffer.subarray(0, length))
    length = 0
    // Once the reader asks for more, all of the buffer is sent, and it can be filled again.
    if (written === true) buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
    return written
  }
  for (const piece of pieces) {
    if (length + piece.length > buffer.length) {
      if (length > 0 && !(await flush())) return false
      if (piece.length >= PIECE_BYTES) {
        if (!(await write(to, piece))) return false
        continue
      }
    }
    buffer.set(piece, length)
    length += piece.length
  }
  return length === 0 || flush()
}
