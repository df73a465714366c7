import type { ApiCall, ApiResult, CallHandler } from "../src/apiserver/call.ts"
import { isNotFound } from "../src/machinery/status/predicates.ts"
import type { Clock } from "../src/platform/clock.ts"

/**
 * Pauses up to this long are part of what control loops do now: back-offs, batching, another try. Longer ones are their
 * plans for later: heartbeats, schedules, deadlines.
 */
const PAUSE_MS_MAX = 1000

/** Counts what is under way in a cluster, to know when nothing is. */
export class Activity {
  #calls = 0
  #callsEver = 0
  #pauses = 0
  /** Watches of components that ended and have not been opened again. */
  readonly #lost = new Set<ReadonlySet<string>>()

  /** What is not finished, in words; empty when nothing is. */
  get underWay(): readonly string[] {
    return [
      ...(this.#calls > 0 ? [`${this.#calls} requests`] : []),
      ...(this.#pauses > 0 ? [`${this.#pauses} short pauses`] : []),
      ...[...this.#lost].flatMap((lost) => (lost.size > 0 ? [`lost watches of ${[...lost].join(", ")}`] : [])),
    ]
  }

  /** How many requests there have been. */
  get callsEver(): number {
    return this.#callsEver
  }

  /** The clock for components. */
  clock(clock: Clock): Clock {
    const isPause = (delayMs: number) => delayMs <= PAUSE_MS_MAX
    return {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      outside: clock.outside,
      after: (delayMs, fire) => {
        if (!isPause(delayMs)) return clock.after(delayMs, fire)
        let waits = true
        const over = () => {
          if (waits) this.#pauses--
          waits = false
        }
        this.#pauses++
        const timer = clock.after(delayMs, () => {
          over()
          fire()
        })
        return {
          cancel() {
            over()
            timer.cancel()
          },
        }
      },
      sleep: (delayMs, signal) => {
        if (!isPause(delayMs)) return clock.sleep(delayMs, signal)
        this.#pauses++
        return clock.sleep(delayMs, signal).finally(() => this.#pauses--)
      },
    }
  }

  /** For the server: counts requests. Watches, and connections to pods, go on for as long as somebody wants. */
  count(handler: CallHandler): CallHandler {
    return async (call) => {
      this.#callsEver++
      if (call.info.verb === "watch") return handler(call)
      this.#calls++
      try {
        return await handler(call)
      } finally {
        this.#calls--
      }
    }
  }

  /** For a component that ends when `signal` aborts: what it watches is to be watched again when it breaks off. */
  follow(handler: CallHandler, signal: AbortSignal): CallHandler {
    const lost = new Set<string>()
    this.#lost.add(lost)
    signal.addEventListener("abort", () => this.#lost.delete(lost), { once: true })
    return async (call) => {
      if (call.info.verb !== "watch") return handler(call)
      const key = placeOf(call)
      const lose = () => {
        if (!call.signal.aborted && !signal.aborted) lost.add(key)
      }
      try {
        const result = await handler(call)
        if (result.type !== "watch") return result
        lost.delete(key)
        return { ...result, events: afterwards(result.events, lose) }
      } catch (error) {
        // A kind that is gone will not be watched again.
        if (isNotFound(error)) lost.delete(key)
        else lose()
        throw error
      }
    }
  }
}

type Events = Extract<ApiResult, { type: "watch" }>["events"]

async function* afterwards(events: Events, then: () => void): Events {
  try {
    yield* events
  } finally {
    then()
  }
}

const placeOf = ({ info: { fieldSelector = "", path }, user }: ApiCall): string =>
  `${path}${fieldSelector && `?${fieldSelector}`} by ${user.name}`
