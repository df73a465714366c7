import type { BlobReader, BlobWriter, PackedEntry } from "../codec.ts"
import { packEntry, packOptional, unpackEntry, unpackOptional } from "../codec.ts"
import type { Deletion, EngineArgs, EngineMethod, EngineReply } from "../engine.ts"
import type { Compare, HistoryEntry, Op, RangeResult, TxnRequest, TxnResult, WatchEvent } from "../store.ts"

/** Many calls, or their replies, in one message between threads: text, and the values as bytes beside it. */
export interface Frame {
  readonly text: string
  readonly blobs: Uint8Array<ArrayBuffer>
}

/** How one method's arguments and reply become JSON. */
interface Shape<M extends EngineMethod> {
  packArgs(args: EngineArgs<M>, blobs: BlobWriter): unknown
  unpackArgs(packed: unknown, blobs: BlobReader): EngineArgs<M>
  packReply(reply: EngineReply<M>, blobs: BlobWriter): unknown
  unpackReply(packed: unknown, blobs: BlobReader): EngineReply<M>
}

/** For arguments and replies without values. */
const plainArgs = {
  packArgs: (args: unknown) => args,
  // What comes here was made by `packArgs` of the same program on the other side.
  unpackArgs: (packed: unknown) => packed as never,
}
const plainReply = {
  packReply: (reply: unknown) => reply,
  unpackReply: (packed: unknown) => packed as never,
}

export const SHAPES: { readonly [M in EngineMethod]: Shape<M> } = {
  txn: { packArgs: packTxn, unpackArgs: unpackTxn, packReply: packTxnResult, unpackReply: unpackTxnResult },
  range: {
    ...plainArgs,
    packReply: (reply, blobs) => ({ ...reply, entries: reply.entries.map((entry) => packEntry(entry, blobs)) }),
    unpackReply(packed, blobs): RangeResult {
      const reply = packed as Omit<RangeResult, "entries"> & { readonly entries: readonly PackedEntry[] }
      return { ...reply, entries: reply.entries.map((entry) => unpackEntry(entry, blobs)) }
    },
  },
  changes: {
    ...plainArgs,
    packReply: ({ revision, events }, blobs) => [revision, events.map((event) => packEvent(event, blobs))],
    unpackReply(packed, blobs) {
      const [revision, events] = packed as readonly [number, readonly PackedEvent[]]
      return { revision, events: events.map((event) => unpackEvent(event, blobs)) }
    },
  },
  history: {
    ...plainArgs,
    packReply: (reply, blobs) => reply.map((entry) => [packEntry(entry, blobs), entry.timeMs]),
    unpackReply(packed, blobs): readonly HistoryEntry[] {
      return (packed as readonly (readonly [PackedEntry, number])[]).map(([entry, timeMs]) => {
        const version = unpackEntry(entry, blobs)
        return { ...version, deleted: version.version === 0, timeMs }
      })
    },
  },
  revokeLease: {
    ...plainArgs,
    packReply: (reply, blobs) => reply.map((deletion) => packDeletion(deletion, blobs)),
    unpackReply: (packed, blobs) =>
      (packed as readonly PackedDeletion[]).map((deletion) => unpackDeletion(deletion, blobs)),
  },
  expireLeases: {
    ...plainArgs,
    packReply: (reply, blobs) => [reply.nextExpiryMs, reply.deletions.map((deletion) => packDeletion(deletion, blobs))],
    unpackReply(packed, blobs) {
      const [nextExpiryMs, deletions] = packed as readonly [number | null, readonly PackedDeletion[]]
      return {
        nextExpiryMs: nextExpiryMs ?? undefined,
        deletions: deletions.map((deletion) => unpackDeletion(deletion, blobs)),
      }
    },
  },
  restore: {
    ...plainReply,
    packArgs: ([content], blobs) => ({ ...content, entries: content.entries.map((entry) => packEntry(entry, blobs)) }),
    unpackArgs(packed, blobs) {
      const content = packed as EngineArgs<"restore">[0] & { readonly entries: readonly unknown[] }
      const entries = content.entries as unknown as readonly PackedEntry[]
      return [{ ...content, entries: entries.map((entry) => unpackEntry(entry, blobs)) }]
    },
  },
  compact: { ...plainArgs, ...plainReply },
  sweep: { ...plainArgs, ...plainReply },
  grantLease: { ...plainArgs, ...plainReply },
  leases: { ...plainArgs, ...plainReply },
  status: { ...plainArgs, ...plainReply },
}

/** Stand for "absent" and "delete" where a number that is never negative is expected. */
const ABSENT = -1
const DELETE = -1

type PackedTxn = readonly [
  compare: readonly (readonly [key: string, modRevision: number])[],
  success: readonly (readonly [key: string, length: number, leaseId: number])[],
  failure: readonly string[] | 0,
  nowMs: number,
]

function packTxn([request, nowMs]: EngineArgs<"txn">, blobs: BlobWriter): PackedTxn {
  return [
    request.compare.map((compare) => [compare.key, "absent" in compare ? ABSENT : compare.modRevision]),
    request.success.map((op) =>
      op.type === "put" ? [op.key, blobs.add(op.value), op.leaseId ?? 0] : [op.key, DELETE, 0],
    ),
    request.failure ?? 0,
    nowMs,
  ]
}

function unpackTxn(packed: unknown, blobs: BlobReader): EngineArgs<"txn"> {
  const [compare, success, failure, nowMs] = packed as PackedTxn
  const request: TxnRequest = {
    compare: compare.map(
      ([key, modRevision]): Compare => (modRevision === ABSENT ? { key, absent: true } : { key, modRevision }),
    ),
    success: success.map(
      ([key, length, leaseId]): Op =>
        length === DELETE ? { type: "delete", key } : { type: "put", key, value: blobs.take(length), leaseId },
    ),
    failure: failure === 0 ? [] : failure,
  }
  return [request, nowMs]
}

type PackedTxnResult = readonly [succeeded: 0 | 1, revision: number, entries: readonly (PackedEntry | 0)[]]

function packTxnResult(result: TxnResult, blobs: BlobWriter): PackedTxnResult {
  const entries = result.succeeded ? result.previous : result.entries
  return [result.succeeded ? 1 : 0, result.revision, entries.map((entry) => packOptional(entry, blobs))]
}

function unpackTxnResult(packed: unknown, blobs: BlobReader): TxnResult {
  const [succeeded, revision, packedEntries] = packed as PackedTxnResult
  const entries = packedEntries.map((entry) => unpackOptional(entry, blobs))
  return succeeded === 1 ? { succeeded: true, revision, previous: entries } : { succeeded: false, revision, entries }
}

type PackedEvent = readonly [entry: PackedEntry, previous: PackedEntry | 0]

function packEvent(event: WatchEvent, blobs: BlobWriter): PackedEvent {
  return [packEntry(event.entry, blobs), packOptional(event.previous, blobs)]
}

function unpackEvent([packedEntry, packedPrevious]: PackedEvent, blobs: BlobReader): WatchEvent {
  const entry = unpackEntry(packedEntry, blobs)
  const previous = unpackOptional(packedPrevious, blobs)
  if (entry.version !== 0) return { type: "put", entry, previous }
  if (previous === undefined) throw new TypeError("a deletion came without what it deleted")
  return { type: "delete", entry, previous }
}

type PackedDeletion = readonly [revision: number, previous: readonly PackedEntry[]]

function packDeletion({ revision, previous }: Deletion, blobs: BlobWriter): PackedDeletion {
  return [revision, previous.map((entry) => packEntry(entry, blobs))]
}

function unpackDeletion([revision, previous]: PackedDeletion, blobs: BlobReader): Deletion {
  return { revision, previous: previous.map((entry) => unpackEntry(entry, blobs)) }
}
