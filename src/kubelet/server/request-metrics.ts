import type { EventEmitter } from "node:events"
import type { IncomingMessage } from "node:http"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import { defaultBuckets } from "../timings.ts"

/** What is told of by name; everything else is `other`. */
const paths = new Set(
  (
    "healthz pods stats metrics metrics/cadvisor metrics/probes metrics/resource run exec attach portForward containerLogs " +
    "configz runningpods checkpoint pprof logs debug flagz statusz"
  ).split(" "),
)
const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"])
const longRunning = new Set(["exec", "attach", "portforward", "debug"])

/** Counts a request, and how long it takes until `answer` (a response, or the connection it took over) is closed. */
export type MeasureRequest = (request: IncomingMessage, answer: EventEmitter) => void

export function measureRequests(registry: MetricsRegistry, clock: { monotonicMs(): number }): MeasureRequest {
  const help = "[ALPHA] Number of the http requests received since the server started"
  const total = registry.counter("kubelet_http_requests_total", help)
  const inflight = registry.gauge("kubelet_http_inflight_requests", "[ALPHA] Number of the inflight http requests")
  const took = "[ALPHA] Duration in seconds to serve http requests"
  const duration = registry.histogram("kubelet_http_requests_duration_seconds", took, defaultBuckets)
  return ({ method = "", url = "/" }, answer) => {
    const path = bucketOf(url)
    const labels = {
      method: methods.has(method) ? method : "other",
      path,
      server_type: "readwrite",
      long_running: String(longRunning.has(path)),
    }
    const beganMs = clock.monotonicMs()
    total.add(1, labels)
    inflight.add(1, labels)
    answer.once("close", () => {
      inflight.add(-1, labels)
      duration.observe((clock.monotonicMs() - beganMs) / 1000, labels)
    })
  }
}

function bucketOf(url: string): string {
  const [path = ""] = url.split("?", 1)
  const [, first = "", second] = path.split("/", 3)
  const bucket = first === "metrics" && second !== undefined ? `${first}/${second}` : first
  return paths.has(bucket) ? bucket : "other"
}
