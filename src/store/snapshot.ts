import { createHash } from "node:crypto"
import type { PackedEntry } from "./codec.ts"
import { BlobReader, BlobWriter, packEntry, unpackEntry } from "./codec.ts"
import type { LeaseRecord, SnapshotContent } from "./engine.ts"
import { StoreCorruptError } from "./errors.ts"
import type { Entry, RangeRequest, RangeResult } from "./store.ts"

/*
 * A snapshot is a sequence of records, each a header line (JSON) and then as many bytes as the header's `bytes` says.
 *   {"format":"gantry-store-snapshot-1","revision":R,"leases":[…],"bytes":0}
 *   {"entries":[[key,length,createRevision,modRevision,version,leaseId],…],"bytes":N}, then N bytes of values; repeated
 *   {"end":true,"count":C,"sha256":hex of everything before this line,"bytes":0}
 */
const FORMAT = "gantry-store-snapshot-1"
/** Keys per record: bounds the memory that a snapshot takes. */
const PAGE_KEYS = 500
const NEWLINE = 0x0a

type SnapshotRecord =
  | {
      readonly format: string
      readonly revision: number
      readonly leases: readonly LeaseRecord[]
      readonly bytes: number
    }
  | { readonly entries: readonly PackedEntry[]; readonly bytes: number }
  | { readonly end: true; readonly count: number; readonly sha256: string; readonly bytes: number }

/** Streams the state at a revision, reading it page by page. */
export async function* encodeSnapshot(
  revision: number,
  leases: readonly LeaseRecord[],
  range: (request: RangeRequest) => Promise<RangeResult>,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash("sha256")
  let count = 0
  const record = (header: SnapshotRecord, blobs?: Uint8Array) => {
    const line = Buffer.from(`${JSON.stringify(header)}\n`)
    const bytes = blobs === undefined ? line : Buffer.concat([line, blobs])
    hash.update(bytes)
    return bytes
  }
  yield record({ format: FORMAT, revision, leases, bytes: 0 })
  let startKey: string | undefined = ""
  while (startKey !== undefined) {
    const page: RangeResult = await range({ prefix: "", startKey, limit: PAGE_KEYS, atRevision: revision })
    const blobs = new BlobWriter()
    const entries = page.entries.map((entry) => packEntry(entry, blobs))
    const bytes = blobs.finish()
    yield record({ entries, bytes: bytes.length }, bytes)
    count += entries.length
    const last = page.entries.at(-1)
    startKey = page.more && last !== undefined ? `${last.key}\0` : undefined
  }
  yield record({ end: true, count, sha256: hash.copy().digest("hex"), bytes: 0 })
}

/**
 * Reads a snapshot back. `name` says where it comes from in errors. Throws `StoreCorruptError` when it is not a
 * snapshot, ends early, or was changed.
 */
export async function decodeSnapshot(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name = "the snapshot",
): Promise<SnapshotContent> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  const all = Buffer.concat(chunks)
  const entries: Entry[] = []
  let head: { readonly revision: number; readonly leases: readonly LeaseRecord[] } | undefined
  let offset = 0
  while (offset < all.length) {
    const { header, valuesStart } = parseHeader(all, offset, name)
    const next = valuesStart + header.bytes
    if ("format" in header) {
      if (header.format !== FORMAT)
        throw new StoreCorruptError(name, `found format ${header.format}, expected ${FORMAT}`)
      head = header
    } else if ("entries" in header) {
      const blobs = new BlobReader(all.subarray(valuesStart, next))
      for (const packed of header.entries) entries.push(unpackEntry(packed, blobs))
    } else {
      const sha256 = createHash("sha256").update(all.subarray(0, offset)).digest("hex")
      if (sha256 !== header.sha256) throw new StoreCorruptError(name, "its checksum does not match")
      if (head === undefined || header.count !== entries.length)
        throw new StoreCorruptError(name, "records are missing")
      return { ...head, entries }
    }
    offset = next
  }
  throw new StoreCorruptError(name, "it ends early")
}

function parseHeader(
  all: Buffer,
  offset: number,
  name: string,
): { readonly header: SnapshotRecord; readonly valuesStart: number } {
  const lineEnd = all.indexOf(NEWLINE, offset)
  if (lineEnd < 0) throw new StoreCorruptError(name, "it ends early")
  try {
    const header = JSON.parse(all.toString("utf8", offset, lineEnd)) as SnapshotRecord
    if (!Number.isSafeInteger(header.bytes) || header.bytes < 0 || lineEnd + 1 + header.bytes > all.length) {
      throw new RangeError("it ends early")
    }
    return { header, valuesStart: lineEnd + 1 }
  } catch (cause) {
    throw new StoreCorruptError(name, "a record cannot be read", { cause })
  }
}
