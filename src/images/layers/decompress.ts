import { Readable } from "node:stream"
import { createGunzip, createZstdDecompress } from "node:zlib"
import { ImageError } from "../images.ts"

const CHUNK = 1 << 18

/**
 * Undoes gzip or zstd, told by the first bytes rather than by the media type, which is often wrong. Plain content passes.
 * Throws `ImageError` InvalidImage while being read when the data is damaged.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const head: Buffer[] = []
  let length = 0
  while (length < 4) {
    const next = await iterator.next()
    if (next.done) break
    head.push(Buffer.from(next.value))
    length += next.value.length
  }
  const first = Buffer.concat(head)
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (first.length > 0) yield first
      for (;;) {
        const next = await iterator.next()
        if (next.done) return
        yield next.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  const transform = transformFor(first)
  if (!transform) {
    yield* whole()
    return
  }
  const input = Readable.from(whole(), { objectMode: false, highWaterMark: CHUNK })
  input.on("error", (error) => transform.destroy(error))
  input.pipe(transform)
  try {
    yield* transform
  } catch (cause) {
    if (cause instanceof ImageError) throw cause
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
    if (!code.startsWith("Z_") && !code.startsWith("ZSTD_") && !code.startsWith("ERR_ZSTD")) throw cause
    throw new ImageError("InvalidImage", `compressed data is damaged (${code})`, { cause })
  } finally {
    input.destroy()
    transform.destroy()
  }
}

function transformFor(head: Buffer) {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip({ chunkSize: CHUNK })
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress({ chunkSize: CHUNK })
  // A skippable frame may come first (zstd:chunked, pzstd).
  if (head.length >= 4 && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50) {
    return createZstdDecompress({ chunkSize: CHUNK })
  }
  return null
}
