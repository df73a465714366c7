import type { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import type { Clock } from "../../platform/clock.ts"
import { type Queueing, QueueSet } from "./queue-set.ts"
import { RetryAfter } from "./retry-after.ts"
import { Demand, shareSeats } from "./share-seats.ts"

/** A priority level as this server enforces it. */
export class PriorityLevel {
  readonly name: string
  uid: string
  isExempt = false
  shares = 0
  queueing: Queueing | undefined
  nominal = 0
  lowest = 0
  highest = 0
  current = 0
  readonly queues: QueueSet
  readonly demand: Demand
  readonly retryAfter = new RetryAfter()
  #lendable = 0
  #borrowing: number | undefined

  constructor(name: string, clock: Pick<Clock, "monotonicMs" | "after">) {
    this.name = name
    this.uid = ""
    const demand = new Demand(clock.monotonicMs())
    this.demand = demand
    this.queues = new QueueSet({ clock, onDemand: (seats) => demand.set(seats, clock.monotonicMs()) })
  }

  configure({ metadata, spec }: PriorityLevelConfiguration): void {
    this.uid = metadata.uid
    this.isExempt = spec.type === "Exempt"
    const limits = this.isExempt ? spec.exempt : spec.limited
    this.shares = limits?.nominalConcurrencyShares ?? (this.isExempt ? 0 : 30)
    this.#lendable = limits?.lendablePercent ?? 0
    this.#borrowing = spec.limited?.borrowingLimitPercent
    const { type, queuing } = spec.limited?.limitResponse ?? {}
    this.queueing =
      type === "Queue"
        ? {
            queues: queuing?.queues ?? 64,
            handSize: queuing?.handSize ?? 8,
            lengthMax: queuing?.queueLengthLimit ?? 50,
          }
        : undefined
  }

  /** From its share of the server's places. */
  setNominal(nominal: number, total: number): void {
    this.nominal = nominal
    this.lowest = nominal - Math.round((nominal * this.#lendable) / 100)
    this.highest = nominal + (this.#borrowing === undefined ? total : Math.round((nominal * this.#borrowing) / 100))
  }

  setCurrent(seats: number): void {
    this.current = seats
    if (!this.isExempt) this.queues.configure(this.queueing, seats)
  }
}

export function divideNominal(levels: readonly PriorityLevel[], total: number): void {
  const shares = levels.reduce((sum, level) => sum + level.shares, 0)
  for (const level of levels) {
    level.setNominal(shares === 0 ? 0 : Math.ceil((total * level.shares) / shares), total)
  }
}

/** The smoothed demand halves in five minutes. */
export const PERIOD_MS = 10_000
const DECAY = 0.977

/** Lends what levels do not use to those that could use more. */
export function adjustLimits(levels: readonly PriorityLevel[], nowMs: number, periods: number): void {
  const nominal = levels.reduce((sum, level) => sum + level.nominal, 0)
  let left = nominal
  const limited: { level: PriorityLevel; lowest: number; target: number }[] = []
  for (const level of levels) {
    const { max, smoothed } = level.demand.close(nowMs, DECAY ** periods)
    if (level.isExempt) {
      level.setCurrent(Math.max(level.lowest, max))
      left -= level.current
    } else {
      const lowest = Math.max(level.lowest, Math.min(level.nominal, max))
      limited.push({ level, lowest, target: Math.max(lowest, smoothed) })
    }
  }
  const sum = (of: (each: (typeof limited)[number]) => number) => limited.reduce((total, each) => total + of(each), 0)
  const [guaranteed, wanted] = [sum(({ level }) => level.lowest), sum(({ lowest }) => lowest)]
  if (left <= wanted) {
    // The exempt have taken so much that what is left is spread thin.
    const fraction = wanted > guaranteed ? Math.max(0, left - guaranteed) / (wanted - guaranteed) : 0
    for (const { level, lowest } of limited) {
      level.setCurrent(level.lowest + Math.round((lowest - level.lowest) * fraction))
    }
    return
  }
  const claims = limited.map(({ level, lowest, target }) => ({ target, lowest, highest: level.highest }))
  const seats = shareSeats(nominal, claims)
  for (const [index, { level }] of limited.entries()) level.setCurrent(Math.round(seats[index] ?? level.nominal))
}
