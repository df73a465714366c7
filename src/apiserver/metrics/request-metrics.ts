import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { RequestInfo } from "../call.ts"

/** What the server counts about the requests it answers; names and labels are those of kube-apiserver. */
export interface RequestMetrics {
  began(info: RequestInfo): void
  ended(info: RequestInfo, code: number, durationMs: number): void
  watchEvents(count: number): void
}

const DURATION_BOUNDS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

export function createRequestMetrics(registry: MetricsRegistry): RequestMetrics {
  const total = registry.counter("apiserver_request_total", "Requests answered, by verb, resource and response code.")
  const duration = registry.histogram(
    "apiserver_request_duration_seconds",
    "How long requests took, in seconds. Watches are not counted.",
    DURATION_BOUNDS_SECONDS,
  )
  const inflight = registry.gauge("apiserver_current_inflight_requests", "Requests being answered now.")
  const watches = registry.gauge("apiserver_longrunning_requests", "Watches and connections open now.")
  const events = registry.counter("apiserver_watch_events_total", "Events sent to watchers.")
  return {
    began(info) {
      if (isLong(info)) watches.add(1, { verb: info.verb.toUpperCase() })
      else inflight.add(1, { request_kind: isReading(info) ? "readOnly" : "mutating" })
    },
    ended(info, code, durationMs) {
      const labels = resourceLabels(info, code)
      total.add(1, { ...labels, code: String(code) })
      if (isLong(info)) {
        watches.add(-1, { verb: info.verb.toUpperCase() })
        return
      }
      inflight.add(-1, { request_kind: isReading(info) ? "readOnly" : "mutating" })
      duration.observe(durationMs / 1000, labels)
    },
    watchEvents: (count) => events.add(count),
  }
}

const LONG_SUBRESOURCES = new Set(["exec", "attach", "portforward", "log", "proxy"])
const READING = new Set(["get", "list", "watch", "head", "options"])

const isLong = (info: RequestInfo): boolean => info.verb === "watch" || LONG_SUBRESOURCES.has(info.subresource)
const isReading = (info: RequestInfo): boolean => READING.has(info.verb)

// A label per name that somebody makes up would let anybody fill the memory.
function resourceLabels(info: RequestInfo, code: number) {
  const verb = info.verb.toUpperCase()
  if (!info.isResource || code === 404 || code === 403 || code === 401) {
    return { verb, group: "", version: "", resource: "", subresource: "" }
  }
  const { group, version, resource, subresource } = info
  return { verb, group, version, resource, subresource }
}
