import { Lease, type LeaseSpec } from "../../api/coordination/v1/lease.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { microTimeFromMs } from "../../machinery/time/timestamp.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Client, ObjectKey } from "../client.ts"
import type { EventRecorder } from "../event-recorder.ts"
import { claim, holderOf, isValid, type Observation, observe, released } from "./claim.ts"

export interface LeaderElectionOptions {
  readonly client: Client
  /** Which lease decides. It is made when it is not there; its namespace must exist. */
  readonly lease: Required<ObjectKey>
  /** Unique among the candidates. One that returns under the name of its last life gets its lease back at once. */
  readonly identity: string
  /**
   * What only one may do: called each time the lease is won. It must end what it started when `signal` aborts, which is
   * when the lease is lost or the candidate ends, and resolve then. When it ends by itself, the lease is given back and
   * the election is over.
   */
  readonly lead: (signal: AbortSignal) => Promise<void>
  readonly platform: Pick<Platform, "clock" | "log" | "random">
  /** Ends the candidacy; a lease that it holds is given back. */
  readonly signal: AbortSignal
  /** Told who became leader and who ceased to be. */
  readonly events?: EventRecorder
  /** Called when another candidate, or this one, was found to lead. */
  readonly onNewLeader?: (identity: string) => void
  /** So long others wait for a holder that does not renew, in milliseconds. Default: 15 s. */
  readonly leaseDurationMs?: number
  /** A holder that could not renew for so long stops. Default: 10 s. */
  readonly renewDeadlineMs?: number
  /** The pause between two tries. Default: 2 s. */
  readonly retryPeriodMs?: number
}

export interface LeaderElection {
  /** Whom this candidate last saw lead; empty when nobody does. */
  readonly leader: string
  readonly isLeader: boolean
  /** Resolves after `signal` aborted, when nothing acts any more. Rejects when `lead` does. */
  readonly stopped: Promise<void>
}

const LEASE_DURATION_MS = 15_000
const RENEW_DEADLINE_MS = 10_000
const RETRY_PERIOD_MS = 2_000
/** Candidates spread out: a pause is up to so many times longer. */
const JITTER = 1.2

/**
 * Sees to it that of several candidates one acts, by the algorithm of client-go on a Lease. Throws `TypeError` for times
 * that do not fit together.
 * https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
 *
 * ```
 *              lease free, or not renewed in time
 *   waiting ───────────────────────────────────────▶ leading
 *      ▲                                                │ could not renew for `renewDeadlineMs`
 *      └────── given back ◀── `lead` has ended ◀────────┘
 * ```
 */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Elector(options)
}

class Elector implements LeaderElection {
  readonly stopped: Promise<void>
  readonly #options: LeaderElectionOptions
  readonly #durationMs: number
  readonly #deadlineMs: number
  readonly #retryMs: number
  #lease: Lease | undefined
  #observed: Observation | undefined
  #reported = ""

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#durationMs = options.leaseDurationMs ?? LEASE_DURATION_MS
    this.#deadlineMs = options.renewDeadlineMs ?? RENEW_DEADLINE_MS
    this.#retryMs = options.retryPeriodMs ?? RETRY_PERIOD_MS
    this.#check()
    this.stopped = this.#run()
  }

  get leader(): string {
    return this.#observed === undefined ? "" : holderOf(this.#observed)
  }
  get isLeader(): boolean {
    return this.leader === this.#options.identity
  }

  #check(): void {
    if (this.#options.identity === "") throw new TypeError("a candidate for a lease needs an identity")
    if (this.#durationMs <= this.#deadlineMs)
      throw new TypeError("leaseDurationMs must be greater than renewDeadlineMs")
    if (this.#deadlineMs <= this.#retryMs * JITTER) {
      throw new TypeError(`renewDeadlineMs must be greater than ${JITTER} times retryPeriodMs`)
    }
    if (this.#retryMs < 1) throw new TypeError("retryPeriodMs must be greater than zero")
  }

  async #run(): Promise<void> {
    for (;;) {
      if (!(await this.#acquire())) return
      if (await this.#leadWhileHeld()) return
    }
  }

  /** Resolves to true when the lease is ours, to false when the candidacy has ended. */
  async #acquire(): Promise<boolean> {
    const { platform, signal } = this.#options
    while (!signal.aborted) {
      const won = await this.#within(this.#deadlineMs, this.#try())
      this.#report()
      if (won === true) return true
      await this.#pause(this.#retryMs * (1 + JITTER * platform.random.float()), signal)
    }
    return false
  }

  /** Resolves when nothing acts any more: to true when the election is over. */
  async #leadWhileHeld(): Promise<boolean> {
    const { lead, lease, platform, signal } = this.#options
    const lost = new AbortController()
    const ending = AbortSignal.any([signal, lost.signal])
    this.#record("became leader")
    platform.log.info("leads", { lease: lease.name })
    let hasEnded = false
    const leading = lead(ending).finally(() => {
      hasEnded = true
      lost.abort()
    })
    // What it rejects with is reported below, when the lease is given back.
    leading.catch(() => undefined)
    await this.#renew(ending)
    const isOver = signal.aborted || hasEnded
    lost.abort()
    try {
      await leading
    } finally {
      this.#record("stopped leading")
      platform.log.info("leads no more", { lease: lease.name })
      await this.#within(this.#deadlineMs, this.#release())
    }
    return isOver
  }

  /** Resolves when the lease could not be renewed in time, or `signal` aborted. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.platform
    for (;;) {
      await this.#pause(this.#retryMs, signal)
      const untilMs = clock.monotonicMs() + this.#deadlineMs
      for (;;) {
        if (signal.aborted) return
        const leftMs = untilMs - clock.monotonicMs()
        if (leftMs <= 0) {
          log.warn("lease could not be renewed", { lease: this.#options.lease.name })
          return
        }
        const renewed = await this.#within(leftMs, this.#try())
        this.#report()
        if (renewed === true) break
        await this.#pause(Math.min(this.#retryMs, Math.max(0, untilMs - clock.monotonicMs())), signal)
      }
    }
  }

  /** Takes or renews the lease, when it is ours to take. Never throws. */
  async #try(): Promise<boolean> {
    const { platform } = this.#options
    const nowMs = platform.clock.monotonicMs()
    try {
      // The holder need not look: when somebody else changed the lease, its write fails.
      const isSure = this.isLeader && this.#observed !== undefined && isValid(this.#observed, nowMs)
      if (isSure && (await this.#write().catch(() => false))) return true
      await this.#look()
      return await this.#write()
    } catch (error) {
      platform.log.debug("lease was not taken", { lease: this.#options.lease.name, error })
      return false
    }
  }

  async #look(): Promise<void> {
    const { client, lease, platform } = this.#options
    try {
      this.#lease = await client.of(Lease).get(lease)
      this.#observed = observe(this.#observed, this.#lease.spec, platform.clock.monotonicMs())
    } catch (error) {
      if (!isNotFound(error)) throw error
      this.#lease = undefined
      this.#observed = undefined
    }
  }

  async #write(): Promise<boolean> {
    const { identity, platform } = this.#options
    const candidate = { identity, leaseDurationSeconds: Math.ceil(this.#durationMs / 1000) }
    const spec = claim(this.#observed, candidate, platform.clock.monotonicMs(), this.#time())
    if (spec === undefined) return false
    await this.#store(spec)
    return true
  }

  async #store(spec: LeaseSpec): Promise<void> {
    const { client, lease, platform } = this.#options
    const leases = client.of(Lease)
    const before = this.#lease
    this.#lease = await (before === undefined
      ? leases.create({ metadata: lease, spec })
      : leases.update({ ...before, spec }))
    this.#observed = observe(this.#observed, this.#lease.spec, platform.clock.monotonicMs())
  }

  async #release(): Promise<void> {
    try {
      await this.#look()
      if (this.#observed !== undefined && this.isLeader) await this.#store(released(this.#observed.spec, this.#time()))
    } catch (error) {
      this.#options.platform.log.debug("lease was not given back", { lease: this.#options.lease.name, error })
    }
  }

  #time(): string {
    return microTimeFromMs(this.#options.platform.clock.nowMs())
  }

  #record(what: string): void {
    const { events, identity } = this.#options
    if (this.#lease !== undefined) events?.record(this.#lease, "Normal", "LeaderElection", `${identity} ${what}`)
  }

  #report(): void {
    const { leader } = this
    if (leader === this.#reported) return
    this.#reported = leader
    this.#options.onNewLeader?.(leader)
  }

  /** A pause that the end of what it is for cuts short. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.platform.clock.sleep(ms, signal).catch(() => undefined)
  }

  /** Gives up on what takes too long; whatever comes of it is seen with the next look. */
  async #within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const timer = this.#options.platform.clock.after(ms, () => resolve(undefined))
    const result = await Promise.race([work, promise])
    timer.cancel()
    return result
  }
}
