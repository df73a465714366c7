import type { DatabaseSync } from "node:sqlite"
import type {
  ChangesPage,
  Deletion,
  Engine,
  EngineStatus,
  Expired,
  LeaseRecord,
  SnapshotContent,
  SweepRequest,
  SweepResult,
} from "../engine.ts"
import { bytesOf, LEASE_DELETE_KEYS, SWEEP_ROWS, tombstone } from "../engine.ts"
import { FutureRevisionError, LeaseNotFoundError } from "../errors.ts"
import { eventsOfTxn } from "../events.ts"
import type { Compare, Entry, HistoryEntry, Lease, RangeRequest, RangeResult, TxnRequest, TxnResult } from "../store.ts"
import { type EngineState, loadState, saveState } from "./engine-state.ts"
import { fileBytes, IDS_PER_REVISION, openDatabase } from "./schema.ts"
import { readChanges, readHistory, readRange, toEntry } from "./sqlite-reads.ts"
import { allRows, firstRow, type LeaseRow, type LogRow, prepareStatements, type Statements } from "./statements.ts"
import { sweep } from "./sweep.ts"

/**
 * Keeps everything in one SQLite database. Calls that write must come between `begin` and `commit`; several calls in
 * one such group share the cost of making them durable.
 */
export class SqliteEngine implements Engine {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #statements: Statements
  #state: EngineState

  constructor(path: string, fileBytesMax: number | undefined) {
    this.#path = path
    this.#db = openDatabase(path, fileBytesMax)
    this.#statements = prepareStatements(this.#db)
    this.#state = loadState(this.#statements)
  }

  begin(): void {
    this.#statements.begin.run()
  }

  /** Makes the group durable. */
  commit(): void {
    saveState(this.#statements, this.#state)
    this.#statements.commit.run()
  }

  /** Undoes the group. */
  rollback(): void {
    // SQLite rolls back by itself after some errors.
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK")
    this.#state = loadState(this.#statements)
  }

  close(): void {
    this.#db.close()
  }

  txn(request: TxnRequest, nowMs: number): TxnResult {
    const { compare, success, failure = [] } = request
    if (!compare.every((condition) => this.#holds(condition))) {
      return { succeeded: false, revision: this.#state.revision, entries: failure.map((key) => this.#get(key)) }
    }
    for (const op of success) if (op.type === "put" && op.leaseId) this.#checkLease(op.leaseId, nowMs)
    const previous = success.map((op) => this.#get(op.key))
    const result: TxnResult = { succeeded: true, revision: this.#state.revision + 1, previous }
    const events = eventsOfTxn(request, result)
    if (events.length === 0) return { ...result, revision: this.#state.revision }
    for (const [index, event] of events.entries()) this.#write(event.entry, index, event.previous, nowMs)
    this.#state.revision++
    return result
  }

  range(request: RangeRequest): RangeResult {
    return readRange(this.#statements, this.#state, request)
  }

  changes(prefix: string, afterRevision: number): ChangesPage {
    return readChanges(this.#statements, this.#state, prefix, afterRevision)
  }

  history(key: string): readonly HistoryEntry[] {
    return readHistory(this.#statements, this.#state, key)
  }

  compact(revision: number): number {
    const { revision: current, compactRevision } = this.#state
    if (revision > current) throw new FutureRevisionError(revision, current)
    this.#state.compactRevision = Math.max(compactRevision, revision)
    return this.#state.compactRevision
  }

  sweep(request: SweepRequest): SweepResult {
    return sweep(this.#statements, this.#state, request, SWEEP_ROWS)
  }

  grantLease(ttlMs: number, nowMs: number): Lease {
    const { lastInsertRowid } = this.#statements.insertLease.run(ttlMs, nowMs + ttlMs)
    return { id: Number(lastInsertRowid), ttlMs }
  }

  revokeLease(leaseId: number, nowMs: number): readonly Deletion[] {
    this.#checkLease(leaseId, nowMs)
    const deletions: Deletion[] = []
    for (let next = this.#deleteKeys(leaseId, nowMs); next !== undefined; next = this.#deleteKeys(leaseId, nowMs)) {
      deletions.push(next)
    }
    this.#statements.deleteLease.run(leaseId)
    return deletions
  }

  expireLeases(nowMs: number): Expired {
    const deletions: Deletion[] = []
    let keyCount = 0
    for (const [id] of allRows<readonly [number]>(this.#statements.expiredLeases, nowMs, LEASE_DELETE_KEYS)) {
      if (keyCount >= LEASE_DELETE_KEYS) break
      const deletion = this.#deleteKeys(id, nowMs)
      keyCount += deletion?.previous.length ?? 0
      if (deletion !== undefined) deletions.push(deletion)
      if (firstRow(this.#statements.leaseKeys, id, 1) === undefined) this.#statements.deleteLease.run(id)
    }
    const next = firstRow<readonly [number | null]>(this.#statements.nextExpiry)?.[0]
    return { deletions, nextExpiryMs: next ?? undefined }
  }

  leases(): readonly LeaseRecord[] {
    return allRows<LeaseRow>(this.#statements.leases).map(([id, ttlMs, expiresMs]) => ({ id, ttlMs, expiresMs }))
  }

  restore(content: SnapshotContent): void {
    for (const { id, ttlMs, expiresMs } of content.leases) this.#statements.restoreLease.run(id, ttlMs, expiresMs)
    const places = new Map<number, number>()
    for (const entry of content.entries) {
      const place = places.get(entry.modRevision) ?? 0
      places.set(entry.modRevision, place + 1)
      this.#write(entry, place, undefined, 0)
    }
    this.#state.revision = content.revision
    this.#state.compactRevision = content.revision
  }

  status(): EngineStatus {
    const { revision, compactRevision, keyCount, liveBytes, historyBytes } = this.#state
    return { revision, compactRevision, keyCount, liveBytes, historyBytes, fileBytes: fileBytes(this.#path) }
  }

  /** Adds a version or deletion at its `modRevision`; `place` tells apart those of one revision. */
  #write(entry: Entry, place: number, previous: Entry | undefined, nowMs: number): void {
    const { key, value, createRevision, modRevision, version, leaseId } = entry
    const id = modRevision * IDS_PER_REVISION + place
    const time = Math.trunc(nowMs)
    this.#statements.insertLog.run(id, key, value, createRevision, version, leaseId, time)
    if (previous !== undefined) {
      this.#state.liveBytes -= bytesOf(previous)
      this.#state.historyBytes += bytesOf(previous)
      this.#state.keyCount--
    }
    if (version === 0) {
      this.#statements.deleteCurrent.run(key)
      this.#state.historyBytes += bytesOf(entry)
      return
    }
    this.#statements.setCurrent.run(key, id, createRevision, version, leaseId)
    this.#state.liveBytes += bytesOf(entry)
    this.#state.keyCount++
  }

  /** Deletes as many keys of a lease as one revision should; undefined when it has none. */
  #deleteKeys(leaseId: number, nowMs: number): Deletion | undefined {
    const keys = allRows<readonly [string]>(this.#statements.leaseKeys, leaseId, LEASE_DELETE_KEYS)
    if (keys.length === 0) return undefined
    const previous = keys.flatMap(([key]) => this.#get(key) ?? [])
    const revision = this.#state.revision + 1
    for (const [place, entry] of previous.entries()) this.#write(tombstone(entry.key, revision), place, entry, nowMs)
    this.#state.revision = revision
    return { revision, previous }
  }

  #get(key: string): Entry | undefined {
    const row = firstRow<LogRow>(this.#statements.current, key)
    return row === undefined ? undefined : toEntry(row)
  }

  #holds(compare: Compare): boolean {
    const id = firstRow<readonly [number]>(this.#statements.currentId, compare.key)?.[0]
    if ("absent" in compare) return id === undefined
    return id !== undefined && Math.floor(id / IDS_PER_REVISION) === compare.modRevision
  }

  #checkLease(leaseId: number, nowMs: number): void {
    const lease = firstRow<LeaseRow>(this.#statements.lease, leaseId)
    if (lease === undefined || lease[2] <= nowMs) throw new LeaseNotFoundError(leaseId)
  }
}
