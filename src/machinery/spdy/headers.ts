import { createInflate } from "node:zlib"
import { headerDictionary } from "./dictionary.ts"

/** Names in lower case; a name that came more than once has its values joined by NUL. */
export type SpdyHeaders = ReadonlyMap<string, string>

/** Far above what Kubernetes' clients send; stops a block of a few bytes that unpacks to gigabytes. */
const HEADER_BYTES_MAX = 256 * 1024

/** Reads the header blocks of one connection, which are one compressed stream. One call at a time. */
export interface HeaderReader {
  read(block: Uint8Array): Promise<SpdyHeaders>
  close(): void
}

export function createHeaderReader(): HeaderReader {
  const inflate = createInflate({ dictionary: headerDictionary })
  let chunks: Buffer[] = []
  let length = 0
  let failed: ((error: Error) => void) | undefined
  inflate.on("data", (chunk: Buffer) => {
    length += chunk.length
    if (length <= HEADER_BYTES_MAX) return void chunks.push(chunk)
    const error = new Error(`SPDY headers longer than ${HEADER_BYTES_MAX} bytes`)
    failed?.(error)
    inflate.destroy(error)
  })
  inflate.on("error", (error: Error) => failed?.(error))
  return {
    read: (block) =>
      new Promise((resolve, reject) => {
        chunks = []
        length = 0
        failed = reject
        inflate.write(block, (error) => {
          if (error) return reject(error)
          try {
            resolve(parse(Buffer.concat(chunks)))
          } catch (problem) {
            reject(problem)
          }
        })
      }),
    close: () => void inflate.destroy(),
  }
}

function parse(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>()
  let at = 0
  const number = (): number => {
    if (at + 4 > block.length) throw new Error("SPDY header block ends too early")
    at += 4
    return block.readUInt32BE(at - 4)
  }
  const text = (): string => {
    const length = number()
    if (at + length > block.length) throw new Error("SPDY header block ends too early")
    at += length
    return block.toString("utf8", at - length, at)
  }
  for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text())
  return headers
}

/** The first two bytes of a zlib stream without a dictionary. */
const ZLIB_HEADER = Buffer.from([0x78, 0x01])
const STORED_BYTES_MAX = 0xffff
const NOTHING = Buffer.alloc(0)

/**
 * Writes the header blocks of one connection. Our headers are a few bytes, so they are stored as they are, which any
 * inflating reader understands, and no compressor has to be kept for each connection.
 */
export function createHeaderWriter(): (headers: SpdyHeaders) => Buffer {
  let isFirst = true
  return (headers) => {
    const plain = format(headers)
    const parts: Buffer[] = isFirst ? [ZLIB_HEADER] : []
    isFirst = false
    for (let at = 0; at < plain.length; at += STORED_BYTES_MAX) {
      parts.push(...stored(plain.subarray(at, at + STORED_BYTES_MAX)))
    }
    // An empty block, as zlib's flush writes it: readers such as Go's hold back what came before until they see it.
    parts.push(...stored(NOTHING))
    return Buffer.concat(parts)
  }
}

/** A deflate block without compression that is not the last one. https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4 */
function stored(bytes: Buffer): Buffer[] {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(bytes.length, 1)
  head.writeUInt16LE(~bytes.length & 0xffff, 3)
  return [head, bytes]
}

function format(headers: SpdyHeaders): Buffer {
  const parts = [uint32(headers.size)]
  for (const pair of headers) {
    for (const text of pair) {
      const bytes = Buffer.from(text)
      parts.push(uint32(bytes.length), bytes)
    }
  }
  return Buffer.concat(parts)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
