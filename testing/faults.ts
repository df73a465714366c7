import { SELF } from "../src/apiserver/back.ts"
import type { ApiCall, ApiResult, CallHandler } from "../src/apiserver/call.ts"
import type { AnyResource } from "../src/machinery/schema/resource.ts"
import {
  conflict,
  expired,
  internalError,
  serviceUnavailable,
  tooManyRequests,
} from "../src/machinery/status/errors.ts"
import type { StatusError } from "../src/machinery/status/status-error.ts"
import type { Clock } from "../src/platform/clock.ts"
import { type Duration, msOf } from "./duration.ts"

/** Which requests are meant. What is left out matches all. */
export interface RequestMatch {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verbs?: readonly string[]
  readonly resource?: AnyResource
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  /** Who asks, such as `system:kube-scheduler` or `system:node:node-1`. */
  readonly user?: string
}

/** How often a fault strikes, counted over the requests that match. */
export interface Occurrence {
  /** The first so many requests pass. Default: 0. */
  readonly after?: number
  /** Then so many are struck. Default: all. */
  readonly times?: number
}

/** A fault that was set. */
export interface Fault {
  /** How many requests it has struck. */
  readonly struck: number
  /** Takes it back. */
  remove(): void
}

/** Makes the API server misbehave, for everybody or for some; never for itself. */
export interface Faults {
  /** Requests are refused with 409, as if somebody else had been faster. */
  conflict(match: RequestMatch, occurrence?: Occurrence): Fault
  /** Requests are refused with 429 and have to be tried again after a time (in seconds, default 1). */
  tooManyRequests(match: RequestMatch, occurrence?: Occurrence & { readonly retryAfterSeconds?: number }): Fault
  /** Requests are refused with 410: lists have to begin again, and watches have to list. */
  expired(match: RequestMatch, occurrence?: Occurrence): Fault
  /** Requests are refused with 500. */
  internalError(match: RequestMatch, occurrence?: Occurrence): Fault
  /** Requests are refused with 503. */
  unavailable(match: RequestMatch, occurrence?: Occurrence): Fault
  /** Requests take so much longer. */
  latency(match: RequestMatch, duration: Duration, occurrence?: Occurrence): Fault
  /** Ends the watches that are open now, as when a connection breaks. Their owners resume. Returns how many. */
  dropWatches(match?: RequestMatch): number
  /** Ends the watches that are open now with 410. Their owners list again. Returns how many. */
  expireWatches(match?: RequestMatch): number
  /** Takes back all faults. */
  clear(): void
}

interface Rule {
  readonly match: RequestMatch
  readonly occurrence: Occurrence
  readonly strike: (call: ApiCall) => Promise<void>
  seen: number
  struck: number
}

interface OpenWatch {
  readonly call: ApiCall
  end(error: StatusError | undefined): void
}

export class FaultInjector implements Faults {
  readonly #clock: Clock
  readonly #rules = new Set<Rule>()
  readonly #watches = new Set<OpenWatch>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  conflict(match: RequestMatch, occurrence?: Occurrence): Fault {
    return this.#refuse(match, occurrence, ({ info }) => conflict(info, info.name))
  }
  tooManyRequests(match: RequestMatch, occurrence: Occurrence & { readonly retryAfterSeconds?: number } = {}): Fault {
    const { retryAfterSeconds = 1 } = occurrence
    return this.#refuse(match, occurrence, () =>
      tooManyRequests("Too many requests, please try again later.", retryAfterSeconds),
    )
  }
  expired(match: RequestMatch, occurrence?: Occurrence): Fault {
    return this.#refuse(match, occurrence, () => expired("The resourceVersion for the provided request is too old."))
  }
  internalError(match: RequestMatch, occurrence?: Occurrence): Fault {
    return this.#refuse(match, occurrence, () => internalError(new Error("injected fault")))
  }
  unavailable(match: RequestMatch, occurrence?: Occurrence): Fault {
    return this.#refuse(match, occurrence, () =>
      serviceUnavailable("the server is currently unable to handle the request"),
    )
  }
  latency(match: RequestMatch, duration: Duration, occurrence?: Occurrence): Fault {
    const ms = msOf(duration)
    return this.#add(match, occurrence, ({ signal }) => this.#clock.sleep(ms, signal))
  }

  dropWatches(match: RequestMatch = {}): number {
    return this.#endWatches(match, undefined)
  }
  expireWatches(match: RequestMatch = {}): number {
    return this.#endWatches(match, expired("The resourceVersion for the provided watch is too old."))
  }

  clear(): void {
    this.#rules.clear()
  }

  /** Lets requests through, or not. */
  intercept(handler: CallHandler): CallHandler {
    return async (call) => {
      if (call.user.name === SELF.name) return handler(call)
      for (const rule of this.#rules) {
        if (!matches(rule.match, call)) continue
        const { after = 0, times = Infinity } = rule.occurrence
        rule.seen++
        if (rule.seen <= after || rule.struck >= times) continue
        rule.struck++
        await rule.strike(call)
      }
      return call.info.verb === "watch" ? this.#watch(call, handler) : handler(call)
    }
  }

  async #watch(call: ApiCall, handler: CallHandler): Promise<ApiResult> {
    const stop = new AbortController()
    let failure: StatusError | undefined
    const open: OpenWatch = {
      call,
      end(error) {
        failure = error
        stop.abort()
      },
    }
    const result = await handler(withSignal(call, AbortSignal.any([call.signal, stop.signal])))
    if (result.type !== "watch") return result
    const watches = this.#watches
    watches.add(open)
    const { events } = result
    async function* untilEnded(): typeof events {
      try {
        yield* events
        if (failure !== undefined) throw failure
      } finally {
        watches.delete(open)
      }
    }
    return { ...result, events: untilEnded() }
  }

  #endWatches(match: RequestMatch, error: StatusError | undefined): number {
    const meant = [...this.#watches].filter(({ call }) => matches(match, call))
    for (const watch of meant) watch.end(error)
    return meant.length
  }

  #refuse(match: RequestMatch, occurrence: Occurrence | undefined, error: (call: ApiCall) => StatusError): Fault {
    return this.#add(match, occurrence, (call) => Promise.reject(error(call)))
  }

  #add(match: RequestMatch, occurrence: Occurrence = {}, strike: Rule["strike"]): Fault {
    const rule: Rule = { match, occurrence, strike, seen: 0, struck: 0 }
    this.#rules.add(rule)
    return {
      get struck() {
        return rule.struck
      },
      remove: () => void this.#rules.delete(rule),
    }
  }
}

function matches({ name, namespace, resource, subresource, user, verbs }: RequestMatch, call: ApiCall): boolean {
  const { info } = call
  return (
    (verbs?.includes(info.verb) ?? true) &&
    (resource === undefined || (resource.group === info.group && resource.plural === info.resource)) &&
    (subresource ?? info.subresource) === info.subresource &&
    (namespace ?? info.namespace) === info.namespace &&
    (name ?? info.name) === info.name &&
    (user ?? call.user.name) === call.user.name
  )
}

function withSignal(call: ApiCall, signal: AbortSignal): ApiCall {
  const { annotate, body, connection, info, query, sentAs, user, userAgent, warn } = call
  const more = { ...(connection && { connection }), ...(sentAs && { sentAs }) }
  return { user, info, query, body, userAgent, signal, warn, annotate, ...more }
}
