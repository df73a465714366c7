import { Event } from "../../../api/core/v1/event.ts"
import { aggregateMessages } from "../../../machinery/field/error.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
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

interface Bucket {
  tokens: number
  atMs: number
}

/** Says what is wrong when a limit is reached. */
function enforcerOf(limit: EventLimit, clock: Pick<Clock, "monotonicMs">) {
  const { type, qps, burst } = limit
  const sizeMax = limit.cacheSize || CACHE_SIZE
  const buckets = new Map<string, Bucket>()
  return (request: AdmissionRequest): string | undefined => {
    const key = keyOf(type, request)
    const nowMs = clock.monotonicMs()
    const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    // Those that were not used for longest go first.
    buckets.delete(key)
    buckets.set(key, bucket)
    for (const oldest of buckets.keys()) {
      if (buckets.size <= sizeMax) break
      buckets.delete(oldest)
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * qps)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return `limit reached on type ${type} for key ${key}`
    bucket.tokens -= 1
    return undefined
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
