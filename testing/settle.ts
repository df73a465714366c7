import { realClock } from "../src/platform/node/clock.ts"
import type { SimClock } from "../src/platform/sim/clock.ts"

export interface SettleParts {
  /** Absent: real time. */
  readonly sim: SimClock | undefined
  /** What is not finished, in words. */
  readonly underWay: () => readonly string[]
  /** Changes with every request. */
  readonly requests: () => number
  /** Nobody can finish anything. */
  readonly isDown: () => boolean
  /** Clients outside of the process take part, of which nothing is known but their requests. */
  readonly hasOutsiders: () => boolean
}

/** Control loops that find no rest are broken; they give themselves away by never ending short pauses. */
const VIRTUAL_MS_MAX = 600_000
const REAL_MS_MAX = 60_000
/** Real time without a request after which clients outside are taken to be done. */
const QUIET_MS = 40
const LOOK_MS = 2

/** Resolves when nothing is under way. Throws when there is no end in sight. */
export async function settle(parts: SettleParts, also: () => boolean): Promise<void> {
  const { hasOutsiders, requests, sim } = parts
  const left = () => [...parts.underWay(), ...(also() ? [] : ["what the caller waits for"])]
  for (;;) {
    if (sim === undefined) await untilQuietReal(left)
    else await untilQuietVirtual(sim, parts, left)
    if (sim !== undefined && !hasOutsiders()) return
    const before = requests()
    await realClock.sleep(QUIET_MS)
    await sim?.settle()
    if (requests() === before && left().length === 0) return
  }
}

async function untilQuietVirtual(sim: SimClock, { isDown }: SettleParts, left: () => string[]): Promise<void> {
  const untilMs = sim.monotonicMs() + VIRTUAL_MS_MAX
  await sim.settle()
  while (!isDown() && left().length > 0) {
    if (sim.monotonicMs() > untilMs) throw neverSettles(`${VIRTUAL_MS_MAX / 1000} s of virtual time`, left())
    if (!(await sim.step())) throw neverSettles("all timers", left())
  }
}

async function untilQuietReal(left: () => string[]): Promise<void> {
  const untilMs = realClock.monotonicMs() + REAL_MS_MAX
  while (left().length > 0) {
    if (realClock.monotonicMs() > untilMs) throw neverSettles(`${REAL_MS_MAX / 1000} s`, left())
    await realClock.sleep(LOOK_MS)
  }
}

function neverSettles(after: string, left: readonly string[]): Error {
  return new Error(`the cluster has not settled after ${after}: ${left.join("; ")}`)
}
