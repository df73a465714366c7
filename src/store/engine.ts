import type {
  Entry,
  HistoryEntry,
  Lease,
  RangeRequest,
  RangeResult,
  Retention,
  StoreStatus,
  TxnRequest,
  TxnResult,
  WatchEvent,
} from "./store.ts"

/**
 * What differs between stores: one sequence of calls on versioned keys, run to completion one after the other.
 * `EngineStore` adds everything else (watches, timers, snapshots). Arguments are checked before they come here.
 * Methods throw the errors of `store.ts`. No engine reads a clock: the time is an argument.
 */
export interface Engine {
  txn(request: TxnRequest, nowMs: number): TxnResult
  range(request: RangeRequest): RangeResult
  /** Changes under a prefix after a revision, a bounded page of them. Throws `CompactedError`. */
  changes(prefix: string, afterRevision: number): ChangesPage
  history(key: string): readonly HistoryEntry[]
  /** Returns the compact revision that holds now. */
  compact(revision: number): number
  /** Frees a bounded amount of what compaction and retention allow. */
  sweep(request: SweepRequest): SweepResult
  grantLease(ttlMs: number, nowMs: number): Lease
  revokeLease(leaseId: number, nowMs: number): readonly Deletion[]
  /** Deletes a bounded number of keys of expired leases. */
  expireLeases(nowMs: number): Expired
  leases(): readonly LeaseRecord[]
  /** Fills an empty engine. */
  restore(content: SnapshotContent): void
  status(): EngineStatus
}

/** Where engine calls go: straight to an engine, or to one in another thread. */
export interface EngineCalls {
  /**
   * Runs a call after all earlier ones. `done` is called exactly once, synchronously in the order of the calls, once
   * the effect is durable.
   */
  call<M extends EngineMethod>(method: M, args: EngineArgs<M>, done: (outcome: Outcome<EngineReply<M>>) => void): void
  /** Finishes the calls made so far. */
  close(): Promise<void>
}

export type EngineMethod = keyof Engine
export type EngineArgs<M extends EngineMethod> = Parameters<Engine[M]>
export type EngineReply<M extends EngineMethod> = ReturnType<Engine[M]>
export type Outcome<T> = { readonly value: T } | { readonly error: Error }

export interface ChangesPage {
  /** Everything under the prefix up to this revision is in the page. */
  readonly revision: number
  readonly events: readonly WatchEvent[]
}

/** Keys deleted in one revision, as they were before. */
export interface Deletion {
  readonly revision: number
  readonly previous: readonly Entry[]
}

export interface Expired {
  readonly deletions: readonly Deletion[]
  /** When the next lease expires; undefined when there is none. In the past when more is to be deleted now. */
  readonly nextExpiryMs: number | undefined
}

export interface SweepRequest {
  readonly nowMs: number
  readonly retention: Retention
  /** Retention must keep this revision readable, for a snapshot that is being taken. */
  readonly pinnedRevision: number | undefined
}

export interface SweepResult {
  readonly compactRevision: number
  readonly historyBytes: number
  /** Whether another call would free more. */
  readonly more: boolean
}

export interface LeaseRecord extends Lease {
  readonly expiresMs: number
}

export interface SnapshotContent {
  readonly revision: number
  readonly leases: readonly LeaseRecord[]
  readonly entries: readonly Entry[]
}

export type EngineStatus = Omit<StoreStatus, "watchCount">

/** The revision of a store that was never written to. The first write makes the next one. */
export const REVISION_EMPTY = 1

/** A page of changes ends after the revision that reaches one of these. */
export const CHANGES_PAGE_EVENTS = 1000
export const CHANGES_PAGE_BYTES = 4 * 1024 * 1024
/** Most revisions looked at for one page of changes. */
export const CHANGES_PAGE_REVISIONS = 5000
/** Versions looked at in one sweep: about a millisecond, so that writes queued behind it do not notice. */
export const SWEEP_ROWS = 128
/** Most keys an expired lease deletes in one revision. */
export const LEASE_DELETE_KEYS = 256

export const NO_BYTES = new Uint8Array(0)

/** The space a version is accounted with: its key (counted in UTF-16 units) and value. */
export function bytesOf(entry: Entry): number {
  return entry.key.length + entry.value.length
}

/** The entry that stands for a deletion. */
export function tombstone(key: string, revision: number): Entry {
  return { key, value: NO_BYTES, createRevision: 0, modRevision: revision, version: 0, leaseId: 0 }
}
