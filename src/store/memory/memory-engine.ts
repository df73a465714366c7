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
import {
  bytesOf,
  CHANGES_PAGE_BYTES,
  CHANGES_PAGE_EVENTS,
  LEASE_DELETE_KEYS,
  NO_BYTES,
  REVISION_EMPTY,
  SWEEP_ROWS,
  tombstone,
} from "../engine.ts"
import { CompactedError, FutureRevisionError } from "../errors.ts"
import { eventsOfTxn } from "../events.ts"
import { compareKeys } from "../keys.ts"
import type { Compare, Entry, HistoryEntry, Lease, RangeRequest, RangeResult, TxnRequest, TxnResult } from "../store.ts"
import { ChangeLog } from "./change-log.ts"
import { Leases } from "./leases.ts"
import { Versions } from "./versions.ts"

/** Keeps everything in memory. */
export class MemoryEngine implements Engine {
  readonly #versions = new Versions()
  readonly #log = new ChangeLog()
  readonly #leases = new Leases()
  #revision = REVISION_EMPTY
  #compactRevision = REVISION_EMPTY

  txn(request: TxnRequest, nowMs: number): TxnResult {
    if (!request.compare.every((compare) => this.#holds(compare))) {
      const entries = (request.failure ?? []).map((key) => this.#versions.get(key))
      return { succeeded: false, revision: this.#revision, entries }
    }
    for (const op of request.success) if (op.type === "put" && op.leaseId) this.#leases.check(op.leaseId, nowMs)
    const previous = request.success.map((op) => this.#versions.get(op.key))
    const result: TxnResult = { succeeded: true, revision: this.#revision + 1, previous }
    const events = eventsOfTxn(request, result)
    if (events.length === 0) return { ...result, revision: this.#revision }
    for (const event of events) {
      if (event.previous?.leaseId) this.#leases.detach(event.previous.leaseId, event.entry.key)
      if (event.entry.leaseId) this.#leases.attach(event.entry.leaseId, event.entry.key)
      this.#versions.add(event.entry, nowMs)
      this.#log.push(event, nowMs)
    }
    this.#revision++
    return result
  }

  range(request: RangeRequest): RangeResult {
    const revision = this.#checkRevision(request.atRevision)
    const read = (key: string) =>
      revision === this.#revision ? this.#versions.get(key) : this.#versions.getAt(key, revision)
    const limit = ("key" in request ? undefined : request.limit) ?? Infinity
    const keys = "key" in request ? [request.key] : this.#versions.keys(request.prefix, request.startKey ?? "")
    const entries: Entry[] = []
    let count = 0
    for (const key of keys) {
      const entry = read(key)
      if (entry === undefined) continue
      count++
      if (request.countOnly === true || entries.length >= limit) continue
      entries.push(request.keysOnly === true ? { ...entry, value: NO_BYTES } : entry)
    }
    return { revision, entries, more: request.countOnly !== true && count > entries.length, count }
  }

  changes(prefix: string, afterRevision: number): ChangesPage {
    if (afterRevision < this.#compactRevision) throw new CompactedError(afterRevision, this.#compactRevision)
    const events = []
    let bytes = 0
    let revision = afterRevision
    for (const { event } of this.#log.after(afterRevision)) {
      const isFull = events.length >= CHANGES_PAGE_EVENTS || bytes >= CHANGES_PAGE_BYTES
      if (isFull && event.entry.modRevision !== revision) return { revision, events }
      revision = event.entry.modRevision
      if (!event.entry.key.startsWith(prefix)) continue
      events.push(event)
      bytes += bytesOf(event.entry)
    }
    return { revision: Math.max(afterRevision, this.#revision), events }
  }

  history(key: string): readonly HistoryEntry[] {
    return this.#versions.history(key, this.#compactRevision)
  }

  compact(revision: number): number {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    this.#compactRevision = Math.max(this.#compactRevision, revision)
    return this.#compactRevision
  }

  sweep({ nowMs, retention, pinnedRevision }: SweepRequest): SweepResult {
    const last = Math.min(pinnedRevision ?? Infinity, this.#revision)
    let swept = 0
    for (let row = this.#log.first(); row !== undefined; row = this.#log.first()) {
      const revision = row.event.entry.modRevision
      if (revision > this.#compactRevision) {
        const isTooMuch = row.timeMs < nowMs - retention.ageMsMax || this.#versions.historyBytes > retention.bytesMax
        if (!isTooMuch || revision > last) return this.#swept(false)
        this.#compactRevision = revision
      }
      if (swept++ >= SWEEP_ROWS) return this.#swept(true)
      this.#versions.prune(row.event.entry)
      this.#log.dropFirst()
    }
    return this.#swept(false)
  }

  #swept(more: boolean): SweepResult {
    return { compactRevision: this.#compactRevision, historyBytes: this.#versions.historyBytes, more }
  }

  grantLease(ttlMs: number, nowMs: number): Lease {
    const { id } = this.#leases.grant(ttlMs, nowMs + ttlMs)
    return { id, ttlMs }
  }

  revokeLease(leaseId: number, nowMs: number): readonly Deletion[] {
    this.#leases.check(leaseId, nowMs)
    const deletions: Deletion[] = []
    for (let next = this.#deleteKeys(leaseId, nowMs); next !== undefined; next = this.#deleteKeys(leaseId, nowMs)) {
      deletions.push(next)
    }
    this.#leases.remove(leaseId)
    return deletions
  }

  expireLeases(nowMs: number): Expired {
    const deletions: Deletion[] = []
    let keyCount = 0
    for (const { id } of this.#leases.expired(nowMs)) {
      if (keyCount >= LEASE_DELETE_KEYS) break
      const deletion = this.#deleteKeys(id, nowMs)
      keyCount += deletion?.previous.length ?? 0
      if (deletion !== undefined) deletions.push(deletion)
      if (this.#leases.keysOf(id).length === 0) this.#leases.remove(id)
    }
    return { deletions, nextExpiryMs: this.#leases.nextExpiryMs() }
  }

  /** Deletes as many keys of a lease as one revision should; undefined when it has none. */
  #deleteKeys(leaseId: number, nowMs: number): Deletion | undefined {
    const keys = this.#leases.keysOf(leaseId).toSorted(compareKeys).slice(0, LEASE_DELETE_KEYS)
    const previous = keys.flatMap((key) => this.#versions.get(key) ?? [])
    if (previous.length === 0) return undefined
    this.#revision++
    for (const entry of previous) {
      const deleted = tombstone(entry.key, this.#revision)
      this.#versions.add(deleted, nowMs)
      this.#log.push({ type: "delete", entry: deleted, previous: entry }, nowMs)
      this.#leases.detach(leaseId, entry.key)
    }
    return { revision: this.#revision, previous }
  }

  leases(): readonly LeaseRecord[] {
    return this.#leases.all()
  }

  restore(content: SnapshotContent): void {
    for (const lease of content.leases) this.#leases.restore(lease)
    for (const entry of content.entries) {
      this.#versions.add(entry, 0)
      if (entry.leaseId !== 0) this.#leases.attach(entry.leaseId, entry.key)
    }
    this.#revision = content.revision
    this.#compactRevision = content.revision
  }

  status(): EngineStatus {
    const { keyCount, liveBytes, historyBytes } = this.#versions
    return {
      revision: this.#revision,
      compactRevision: this.#compactRevision,
      keyCount,
      liveBytes,
      historyBytes,
      fileBytes: 0,
    }
  }

  #holds(compare: Compare): boolean {
    const entry = this.#versions.get(compare.key)
    return "absent" in compare ? entry === undefined : entry?.modRevision === compare.modRevision
  }

  #checkRevision(atRevision: number | undefined): number {
    if (atRevision === undefined) return this.#revision
    if (atRevision > this.#revision) throw new FutureRevisionError(atRevision, this.#revision)
    if (atRevision < this.#compactRevision) throw new CompactedError(atRevision, this.#compactRevision)
    return atRevision
  }
}
