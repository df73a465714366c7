import type { Clock, Timer } from "../platform/clock.ts"
import { checkRange, checkTxn, checkWhole } from "./check.ts"
import type { Deletion, EngineArgs, EngineCalls, EngineMethod, EngineReply, EngineStatus } from "./engine.ts"
import { bytesOf } from "./engine.ts"
import { FutureRevisionError, StoreClosedError } from "./errors.ts"
import { eventsOfDeletion, eventsOfTxn } from "./events.ts"
import { checkKey, checkText } from "./keys.ts"
import { encodeSnapshot } from "./snapshot.ts"
import type {
  Entry,
  HistoryEntry,
  Lease,
  RangeRequest,
  RangeResult,
  Retention,
  Store,
  StoreStatus,
  TxnRequest,
  TxnResult,
  Watch,
  WatchRequest,
} from "./store.ts"
import { WatchHub } from "./watch-hub.ts"

/** Longest single wait for a lease: the wall clock may jump, and timers have an upper bound. */
const LEASE_WAIT_MS_MAX = 3_600_000
/** Between two looks at what retention allows to be freed. */
const RETENTION_INTERVAL_MS = 60_000
/** Superseding this part of the byte cap triggers a look at once. */
const RETENTION_BYTES_PART = 16

export interface EngineStoreOptions {
  readonly clock: Clock
  readonly retention: Retention
  readonly calls: EngineCalls
  /** As the engine was found. */
  readonly status: EngineStatus
}

/**
 * A `Store` on any engine: watches, lease and retention timers, snapshots. It is the engine's only writer, so the
 * changes for watches are made from its own acknowledged calls and nothing polls.
 */
export class EngineStore implements Store {
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #calls: EngineCalls
  readonly #hub: WatchHub
  #closing: Promise<void> | undefined
  #leaseTimer: { readonly atMs: number; readonly timer: Timer } | undefined
  #sweepTimer: Timer | undefined
  #sweeping = false
  #supersededBytes = 0
  /** Revisions that snapshots are reading. */
  readonly #pins = new Set<{ revision: number }>()

  constructor({ clock, retention, calls, status }: EngineStoreOptions) {
    this.#clock = clock
    this.#retention = retention
    this.#calls = calls
    this.#hub = new WatchHub(status.revision, status.compactRevision, (prefix, after) =>
      this.#call("changes", [prefix, after]),
    )
    this.#expireLeases()
    if (status.historyBytes > 0) this.#armSweep()
  }

  async revision(): Promise<number> {
    this.#checkOpen()
    return this.#hub.revision
  }

  async range(request: RangeRequest): Promise<RangeResult> {
    checkRange(request)
    return this.#call("range", [request])
  }

  async txn(request: TxnRequest): Promise<TxnResult> {
    checkTxn(request)
    return this.#call("txn", [request, this.#clock.nowMs()], (result) => {
      const events = eventsOfTxn(request, result)
      if (events.length === 0) return
      this.#hub.publish(events)
      this.#noteSuperseded(result.succeeded ? result.previous : [])
    })
  }

  watch(request: WatchRequest): Watch {
    this.#checkOpen()
    checkText(request.prefix, "prefix")
    checkWhole(request.fromRevision, "fromRevision", 0)
    return this.#hub.watch(request)
  }

  async compact(revision: number): Promise<void> {
    checkWhole(revision, "revision", 0)
    if (revision > this.#hub.revision) throw new FutureRevisionError(revision, this.#hub.revision)
    await this.#call("compact", [revision], (compactRevision) => {
      this.#hub.compactRevision = compactRevision
    })
    this.#sweep()
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    checkWhole(ttlMs, "ttlMs", 1)
    const nowMs = this.#clock.nowMs()
    const lease = await this.#call("grantLease", [ttlMs, nowMs])
    this.#armLeases(nowMs + ttlMs)
    return lease
  }

  async revokeLease(leaseId: number): Promise<void> {
    await this.#call("revokeLease", [leaseId, this.#clock.nowMs()], (deletions) => this.#publishDeletions(deletions))
  }

  async history(key: string): Promise<readonly HistoryEntry[]> {
    checkKey(key)
    return this.#call("history", [key])
  }

  async *snapshot(): AsyncGenerator<Uint8Array, void, void> {
    this.#checkOpen()
    const pin = { revision: this.#hub.revision }
    this.#pins.add(pin)
    try {
      // A sweep called before the pin was set may still pass it, so the revision to read is the one of this reply.
      const leases = await this.#call("leases", [], () => {
        pin.revision = this.#hub.revision
      })
      yield* encodeSnapshot(pin.revision, leases, (request) => this.range(request))
    } finally {
      this.#pins.delete(pin)
    }
  }

  async status(): Promise<StoreStatus> {
    const status = await this.#call("status", [])
    return { ...status, watchCount: this.#hub.watchCount }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#leaseTimer?.timer.cancel()
    this.#sweepTimer?.cancel()
    await this.#calls.close()
    this.#hub.close()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosedError()
  }

  /** `apply` runs before anybody learns of the reply, in the order of the calls. */
  #call<M extends EngineMethod>(
    method: M,
    args: EngineArgs<M>,
    apply?: (reply: EngineReply<M>) => void,
  ): Promise<EngineReply<M>> {
    return new Promise((resolve, reject) => {
      this.#checkOpen()
      this.#calls.call(method, args, (outcome) => {
        if ("error" in outcome) return reject(outcome.error)
        apply?.(outcome.value)
        resolve(outcome.value)
      })
    })
  }

  #publishDeletions(deletions: readonly Deletion[]): void {
    for (const deletion of deletions) {
      this.#hub.publish(eventsOfDeletion(deletion))
      this.#noteSuperseded(deletion.previous)
    }
  }

  #armLeases(atMs: number): void {
    if (this.#closing !== undefined) return
    if (this.#leaseTimer !== undefined && this.#leaseTimer.atMs <= atMs) return
    this.#leaseTimer?.timer.cancel()
    const delayMs = Math.min(Math.max(atMs - this.#clock.nowMs(), 0), LEASE_WAIT_MS_MAX)
    const timer = this.#clock.after(delayMs, () => {
      this.#leaseTimer = undefined
      this.#expireLeases()
    })
    this.#leaseTimer = { atMs, timer }
  }

  #expireLeases(): void {
    if (this.#closing !== undefined) return
    this.#calls.call("expireLeases", [this.#clock.nowMs()], (outcome) => {
      // A full disk must not stop expiry for good, so it is tried again with the next retention interval.
      if ("error" in outcome) return this.#armLeases(this.#clock.nowMs() + RETENTION_INTERVAL_MS)
      this.#publishDeletions(outcome.value.deletions)
      if (outcome.value.nextExpiryMs !== undefined) this.#armLeases(outcome.value.nextExpiryMs)
    })
  }

  #noteSuperseded(previous: readonly (Entry | undefined)[]): void {
    for (const entry of previous) if (entry !== undefined) this.#supersededBytes += bytesOf(entry)
    if (this.#supersededBytes > this.#retention.bytesMax / RETENTION_BYTES_PART) this.#sweep()
    else if (this.#supersededBytes > 0) this.#armSweep()
  }

  #armSweep(): void {
    if (this.#closing !== undefined) return
    this.#sweepTimer ??= this.#clock.after(RETENTION_INTERVAL_MS, () => {
      this.#sweepTimer = undefined
      this.#sweep()
    })
  }

  /** One small step at a time, each queued behind the writes that came meanwhile. */
  #sweep(): void {
    this.#supersededBytes = 0
    if (this.#sweeping || this.#closing !== undefined) return
    this.#sweeping = true
    const pinnedRevision = this.#pins.size === 0 ? undefined : Math.min(...[...this.#pins].map((pin) => pin.revision))
    const request = { nowMs: this.#clock.nowMs(), retention: this.#retention, pinnedRevision }
    this.#calls.call("sweep", [request], (outcome) => {
      this.#sweeping = false
      if ("error" in outcome) return this.#armSweep()
      this.#hub.compactRevision = outcome.value.compactRevision
      if (outcome.value.more) this.#sweep()
      else if (outcome.value.historyBytes > 0) this.#armSweep()
    })
  }
}
