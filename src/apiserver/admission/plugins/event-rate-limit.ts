import { Event } from "../../../api/core/v1/event.ts"
import { aggregateMessages } from "../../../machinery/field/error.ts"
import { NewestMap } from "../../../machinery/newest-map.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { createTokenBucket } from "../../../machinery/token-bucket.ts"
import type { Clock } from "../../../platform/clock.ts"
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts"

export interface EventLimit {
  readonly type: "Server" | "Namespace" | "User" | "SourceAndObject"
  /** Per second, in the long run. */
  readonly qps: number
  /** At once. */
  readonly burst: number
  /** How many namespaces, users or sources are told apart; 0 for the usual number. */
  readonly cacheSize: number
}

const CACHE_SIZE = 4096

/** Keeps a flood of events from taking the store. https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit */
export function eventRateLimit(limits: readonly EventLimit[], clock: Pick<Clock, "monotonicMs">): AdmissionPlugin {
  const enforcers = limits.map((limit) => enforcerOf(limit, clock))
  return {
    name: "EventRateLimit",
    resources: [Event],
    validate: (request) => {
      const { operation, dryRun, sentAs } = request
      // Events of the newer group are another kind.
      if ((operation !== "CREATE" && operation !== "UPDATE") || dryRun || sentAs !== undefined) return
      const problems = enforcers.flatMap((accept) => accept(request) ?? [])
      if (problems.length === 0) return
      throw new StatusError("TooManyRequests", 429, `Too many requests: ${aggregateMessages(problems)}`)
    },
  }
}

/** Says what is wrong when a limit is reached. */
function enforcerOf(limit: EventLimit, clock: Pick<Clock, "monotonicMs">) {
  const { type, qps, burst } = limit
  const sizeMax = limit.cacheSize || CACHE_SIZE
  // Those that were not used for longest go first.
  const buckets = new NewestMap<string, () => boolean>(sizeMax)
  return (request: AdmissionRequest): string | undefined => {
    const key = keyOf(type, request)
    const takeToken = buckets.get(key) ?? createTokenBucket({ burst, perSecond: qps }, clock)
    buckets.set(key, takeToken)
    return takeToken() ? undefined : `limit reached on type ${type} for key ${key}`
  }
}

function keyOf(type: EventLimit["type"], { namespace, user, object }: AdmissionRequest): string {
  switch (type) {
    case "Server":
      return ""
    case "Namespace":
      return namespace
    case "User":
      return user.name
    case "SourceAndObject": {
      const { source, involvedObject: about } = (object ?? {}) as Partial<Event>
      const parts = [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid]
      return [...parts, about?.apiVersion].map((part) => part ?? "").join("")
    }
  }
}
