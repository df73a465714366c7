import type { Entry } from "./store.ts"

/** Collects values next to the text that describes them, so that bytes are never turned into text. */
export class BlobWriter {
  readonly #blobs: Uint8Array[] = []
  #length = 0

  /** Returns what stands for the value in the text: its length. */
  add(value: Uint8Array): number {
    this.#blobs.push(value)
    this.#length += value.length
    return value.length
  }

  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length)
    let offset = 0
    for (const blob of this.#blobs) {
      all.set(blob, offset)
      offset += blob.length
    }
    return all
  }
}

/** Values out of more bytes than this are copied, so that keeping one does not keep them all. */
const SHARED_BYTES_MAX = 64 * 1024

/** Takes values out again in the order in which they were added. */
export class BlobReader {
  readonly #bytes: Uint8Array
  readonly #copies: boolean
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#copies = bytes.length > SHARED_BYTES_MAX
  }

  take(length: number): Uint8Array {
    const start = this.#offset
    this.#offset += length
    if (this.#offset > this.#bytes.length) throw new RangeError("a frame is shorter than its header says")
    return this.#copies ? this.#bytes.slice(start, this.#offset) : this.#bytes.subarray(start, this.#offset)
  }
}

/** Flat, because arrays of scalars are the fastest thing to turn into text and back. */
export type PackedEntry = readonly [
  key: string,
  length: number,
  createRevision: number,
  modRevision: number,
  version: number,
  leaseId: number,
]

export function packEntry(entry: Entry, blobs: BlobWriter): PackedEntry {
  const length = blobs.add(entry.value)
  return [entry.key, length, entry.createRevision, entry.modRevision, entry.version, entry.leaseId]
}

export function unpackEntry(packed: PackedEntry, blobs: BlobReader): Entry {
  const [key, length, createRevision, modRevision, version, leaseId] = packed
  return { key, value: blobs.take(length), createRevision, modRevision, version, leaseId }
}

export function packOptional(entry: Entry | undefined, blobs: BlobWriter): PackedEntry | 0 {
  return entry === undefined ? 0 : packEntry(entry, blobs)
}

export function unpackOptional(packed: PackedEntry | 0, blobs: BlobReader): Entry | undefined {
  return packed === 0 ? undefined : unpackEntry(packed, blobs)
}
