import type { LeaseRecord } from "../engine.ts"
import { LeaseNotFoundError } from "../errors.ts"

/** Leases and the keys attached to them. */
export class Leases {
  readonly #leases = new Map<number, { readonly record: LeaseRecord; readonly keys: Set<string> }>()
  #lastId = 0

  grant(ttlMs: number, expiresMs: number): LeaseRecord {
    const record = { id: this.#lastId + 1, ttlMs, expiresMs }
    this.restore(record)
    return record
  }

  restore(record: LeaseRecord): void {
    this.#lastId = Math.max(this.#lastId, record.id)
    this.#leases.set(record.id, { record, keys: new Set() })
  }

  /** Throws `LeaseNotFoundError` when the lease is gone at `nowMs`, even if its keys are not deleted yet. */
  check(leaseId: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId)
    if (lease === undefined || lease.record.expiresMs <= nowMs) throw new LeaseNotFoundError(leaseId)
  }

  attach(leaseId: number, key: string): void {
    this.#leases.get(leaseId)?.keys.add(key)
  }

  detach(leaseId: number, key: string): void {
    this.#leases.get(leaseId)?.keys.delete(key)
  }

  keysOf(leaseId: number): readonly string[] {
    return [...(this.#leases.get(leaseId)?.keys ?? [])]
  }

  remove(leaseId: number): void {
    this.#leases.delete(leaseId)
  }

  /** Leases that are over at `nowMs`, first come first. */
  expired(nowMs: number): readonly LeaseRecord[] {
    return this.all()
      .filter((record) => record.expiresMs <= nowMs)
      .sort((a, b) => a.expiresMs - b.expiresMs)
  }

  nextExpiryMs(): number | undefined {
    const next = this.all().reduce((least, record) => Math.min(least, record.expiresMs), Infinity)
    return next === Infinity ? undefined : next
  }

  all(): readonly LeaseRecord[] {
    return Array.from(this.#leases.values(), (lease) => lease.record)
  }
}
