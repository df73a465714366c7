import type { Clock } from "../../platform/clock.ts"
import type { Store } from "../../store/store.ts"

/** Objects written within this time share a lease: a lease of its own would cost each event a second write. */
const REUSE_MS = 60_000
const KEYS_PER_LEASE_MAX = 1000

interface Shared {
  readonly id: Promise<number>
  readonly untilMs: number
  keys: number
}

/** Leases for objects that vanish after a time. They may live up to a minute longer. */
export class LeasePool {
  readonly #store: Store
  readonly #clock: Clock
  readonly #byTtl = new Map<number, Shared>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async leaseFor(ttlSeconds: number): Promise<number> {
    const now = this.#clock.monotonicMs()
    let shared = this.#byTtl.get(ttlSeconds)
    if (shared === undefined || shared.untilMs <= now || shared.keys >= KEYS_PER_LEASE_MAX) {
      const id = this.#store.grantLease(ttlSeconds * 1000 + REUSE_MS).then((lease) => lease.id)
      shared = { id, untilMs: now + REUSE_MS, keys: 0 }
      this.#byTtl.set(ttlSeconds, shared)
      const granted = shared
      id.catch(() => {
        if (this.#byTtl.get(ttlSeconds) === granted) this.#byTtl.delete(ttlSeconds)
      })
    }
    shared.keys++
    return shared.id
  }
}
