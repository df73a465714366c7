import type { Clock } from "../../platform/clock.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"

/** Memory, processor time and age of this process, under the names every Prometheus client library uses. */
export function createProcessMetrics(registry: MetricsRegistry, clock: Pick<Clock, "nowMs">): void {
  const startSeconds = clock.nowMs() / 1000
  registry.gaugeFrom("process_resident_memory_bytes", "Resident memory, in bytes.", () => process.memoryUsage.rss())
  registry.gaugeFrom(
    "process_cpu_seconds_total",
    "User and system processor time spent, in seconds.",
    () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
    "counter",
  )
  registry.gaugeFrom("process_start_time_seconds", "When the process started, in Unix seconds.", () => startSeconds)
  registry.gaugeFrom(
    "nodejs_heap_size_used_bytes",
    "JavaScript heap in use, in bytes.",
    () => process.memoryUsage().heapUsed,
  )
}
