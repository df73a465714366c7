import type { MetricsRegistry } from "../../platform/metrics-registry.ts"

/** A request that was answered, or was not. `code` as in metrics of client-go: `<error>` without an answer. */
export type OnReply = (method: string, code: string, seconds: number) => void

const durationBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

/** Counts requests to `server` under the names that every client of Kubernetes uses. One for all transports of a process. */
export function countRequests(registry: MetricsRegistry, server: string): OnReply {
  const { host } = new URL(server)
  const about = "[ALPHA] Number of HTTP requests, partitioned by status code, method, and host."
  const requests = registry.counter("rest_client_requests_total", about)
  const took = "[ALPHA] Request latency in seconds. Broken down by verb, and host."
  const duration = registry.histogram("rest_client_request_duration_seconds", took, durationBuckets)
  return (method, code, seconds) => {
    requests.add(1, { code, method, host })
    duration.observe(seconds, { verb: method, host })
  }
}
