export {
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  StoreClosedError,
  StoreCorruptError,
  StoreError,
  StoreFullError,
  StoreIoError,
  StoreLockedError,
} from "./errors.ts"

/**
 * A versioned key-value store in etcd's model (https://etcd.io/docs/v3.6/learning/data_model/).
 *
 * Every transaction that changes something is one revision: a whole number, counted from 2 (an empty store is at 1),
 * the same for all keys, never reused. Past revisions stay readable until they are compacted.
 *
 * Keys are non-empty well-formed text without NUL, such as `/registry/pods/default/web`, ordered by code point.
 * Values are bytes. A value given to the store must not be changed afterwards, and one received from it must not be
 * changed at all: stores and watchers share them.
 *
 * Every method rejects with `StoreClosedError` after `close`. A method that throws `TypeError` or `RangeError` was
 * called with an argument that breaks its contract.
 */
export interface Store {
  /** The revision of the last acknowledged transaction. Linearizable: it includes every write that was acknowledged. */
  revision(): Promise<number>

  /**
   * Reads keys at one revision, in key order. Linearizable when `atRevision` is absent.
   * Throws `CompactedError` and `FutureRevisionError` for an `atRevision` outside what is kept.
   */
  range(request: RangeRequest): Promise<RangeResult>

  /**
   * Compares, then applies every operation in `success` or none. Resolves once the result is durable and has been
   * handed to the watches. Transactions take effect in the order of the calls.
   *
   * Throws `StoreFullError` (nothing happened), `LeaseNotFoundError` (nothing happened), `StoreIoError`.
   */
  txn(request: TxnRequest): Promise<TxnResult>

  /**
   * Follows the changes under a prefix: first those after `fromRevision` that have already happened, then new ones, in
   * order, without gap or duplicate, until `signal` aborts (the iteration then simply ends), the iterator returns, or
   * an error is thrown: `CompactedError` when changes that were not delivered yet have been compacted,
   * `StoreClosedError`.
   *
   * A reader that falls behind costs a bounded amount of memory and slows nobody: what does not fit its buffer is read
   * from history again when it asks, so only compaction can end it.
   */
  watch(request: WatchRequest): Watch

  /**
   * Forgets what is not needed to read `revision` and later ones. Afterwards reads below `revision`, and watches from
   * below it, throw `CompactedError`. Compacting what is compacted already does nothing. Resolves when this holds
   * durably; the space is freed in the background. Throws `FutureRevisionError`.
   */
  compact(revision: number): Promise<void>

  /**
   * Makes a lease: keys put with its id are deleted, as by a normal transaction, when `ttlMs` has passed on the
   * platform's clock. Leases survive reopening; time passes for them while the store is closed.
   */
  grantLease(ttlMs: number): Promise<Lease>

  /** Deletes the keys of a lease, and the lease, now. Throws `LeaseNotFoundError`. */
  revokeLease(leaseId: number): Promise<void>

  /** Every kept version of a key, oldest first, deletions included. Empty for a key that never was. */
  history(key: string): Promise<readonly HistoryEntry[]>

  /**
   * A consistent copy of the current state (keys, revisions, versions, leases; no history) as of one revision, as the
   * bytes of one file. Any store can be created from it and continues at the same revision. Writes go on meanwhile.
   * Throws `CompactedError` when somebody compacts past it while it is being read.
   */
  snapshot(): AsyncIterable<Uint8Array>

  /** Sizes and limits, for metrics and diagnosis. */
  status(): Promise<StoreStatus>

  /** Waits for the writes already submitted, ends every watch with `StoreClosedError` and frees everything. Idempotent. */
  close(): Promise<void>
}

/** One version of one key. */
export interface Entry {
  readonly key: string
  /** Empty when only keys were asked for. */
  readonly value: Uint8Array
  /** The revision at which the key last came into existence. */
  readonly createRevision: number
  /** The revision of this version. */
  readonly modRevision: number
  /** 1 after creation, one more with each put; starts again when the key is deleted and created again. */
  readonly version: number
  /** The lease that will delete it; 0 when none will. */
  readonly leaseId: number
}

/** Either exactly one key, or the keys that begin with a prefix (all keys when it is empty). */
export type RangeRequest = RangeView & ({ readonly key: string } | PrefixRange)

export interface PrefixRange {
  readonly prefix: string
  /** Leaves out the keys before this one: `lastKey + "\0"` continues after a page that ended with `lastKey`. */
  readonly startKey?: string
  /** Most entries to return; all when absent. At least 1. */
  readonly limit?: number
}

export interface RangeView {
  /** Reads the past. The current revision when absent. */
  readonly atRevision?: number
  /** Entries come with empty values. */
  readonly keysOnly?: boolean
  /** No entries at all, only the count. */
  readonly countOnly?: boolean
}

export interface RangeResult {
  /** The revision that was read: `atRevision`, or the current one. */
  readonly revision: number
  readonly entries: readonly Entry[]
  /** Whether entries were left out because of `limit`. */
  readonly more: boolean
  /** How many keys match from `startKey` on, whatever the limit. */
  readonly count: number
}

/** Holds when the key's current version has exactly this `modRevision`, or when the key does not exist. */
export type Compare =
  | { readonly key: string; readonly modRevision: number }
  | { readonly key: string; readonly absent: true }

export type Op =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array; readonly leaseId?: number }
  /** Deleting what does not exist does nothing and makes no revision. */
  | { readonly type: "delete"; readonly key: string }

/** Most operations in one transaction. */
export const TXN_OPERATIONS_MAX = 1024

export interface TxnRequest {
  /** All must hold. Empty: the transaction is unconditional. */
  readonly compare: readonly Compare[]
  /** At most `TXN_OPERATIONS_MAX`, each key at most once. */
  readonly success: readonly Op[]
  /** Keys to read, in the same instant, when a comparison fails. */
  readonly failure?: readonly string[]
}

export type TxnResult =
  | {
      readonly succeeded: true
      /** The revision of this transaction, or the current one when it changed nothing. */
      readonly revision: number
      /** For each operation, in order, what it replaced or deleted. */
      readonly previous: readonly (Entry | undefined)[]
    }
  | {
      readonly succeeded: false
      /** The revision at which the comparison failed. */
      readonly revision: number
      /** For each key in `failure`, in order, its current version. */
      readonly entries: readonly (Entry | undefined)[]
    }

export interface WatchRequest {
  /** All keys when empty. */
  readonly prefix: string
  /**
   * Exclusive: the first event comes from a later revision. Pass the revision of the `range` that was read before.
   * A revision that has not happened yet is fine: nothing is delivered up to it.
   */
  readonly fromRevision: number
  readonly signal?: AbortSignal
}

/** Can be iterated once. Events are kept from the moment of the `watch` call, not of the first iteration. */
export interface Watch extends AsyncIterable<WatchBatch> {
  /** Asks for a batch that carries the store's current revision even when nothing under the prefix changes. */
  requestProgress(): void
}

export interface WatchBatch {
  /** Everything up to and including this revision has now been delivered. Never less than in the batch before. */
  readonly revision: number
  /** In order of revision (`entry.modRevision`), never splitting one. Empty only to report progress. */
  readonly events: readonly WatchEvent[]
}

export type WatchEvent =
  | { readonly type: "put"; readonly entry: Entry; readonly previous: Entry | undefined }
  /** `entry` carries the key and, as `modRevision`, the revision of the deletion; its value is empty, the rest is 0. */
  | { readonly type: "delete"; readonly entry: Entry; readonly previous: Entry }

export interface HistoryEntry extends Entry {
  /** Whether this version is a deletion: then the value is empty, and `createRevision` and `version` are 0. */
  readonly deleted: boolean
  /** When it was written, in milliseconds since the Unix epoch by the platform's clock. */
  readonly timeMs: number
}

export interface Lease {
  /** Positive; never reused. */
  readonly id: number
  readonly ttlMs: number
}

/** How much of the past a store keeps. Older history is compacted when either cap is passed. */
export interface Retention {
  /** Superseded versions older than this go. */
  readonly ageMsMax: number
  /** Keys and values of superseded versions may take about this much. */
  readonly bytesMax: number
}

export const RETENTION_DEFAULT: Retention = { ageMsMax: 24 * 3_600_000, bytesMax: 256 * 1024 * 1024 }

export interface StoreStatus {
  readonly revision: number
  /** The oldest revision that can be read, and the oldest a watch can start from. */
  readonly compactRevision: number
  readonly keyCount: number
  /** Bytes of keys and values of the current state. */
  readonly liveBytes: number
  /** Bytes of keys and values of superseded versions and deletions that are still kept. */
  readonly historyBytes: number
  /** Bytes in files; 0 when there are none. */
  readonly fileBytes: number
  readonly watchCount: number
}
