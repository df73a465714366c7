import { readdirSync, readFileSync } from "node:fs"
import type { MetricsRegistry } from "./metrics-registry.ts"

/** Of this process, under the names that Prometheus client libraries use. It is no Go program: there are no `go_*`. */
export function addProcessMetrics(registry: MetricsRegistry): void {
  const startSeconds = performance.timeOrigin / 1000
  const cpuSeconds = () => {
    const { system, user } = process.cpuUsage()
    return (user + system) / 1e6
  }
  const gauge = registry.gaugeFrom.bind(registry)
  gauge("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", cpuSeconds, "counter")
  gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () => startSeconds)
  gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => process.memoryUsage.rss())
  gauge(
    "process_virtual_memory_bytes",
    "Virtual memory size in bytes.",
    () => numberIn("/proc/self/status", /^VmSize:\s+(\d+) kB$/m) * 1024,
  )
  // The folder that is read is one of them.
  gauge("process_open_fds", "Number of open file descriptors.", () => readdirSync("/proc/self/fd").length - 1)
  gauge("process_max_fds", "Maximum number of open file descriptors.", () =>
    numberIn("/proc/self/limits", /^Max open files\s+(\d+)/m),
  )
  gauge(
    "nodejs_heap_size_used_bytes",
    "Memory that live objects and garbage take, in bytes.",
    () => process.memoryUsage().heapUsed,
  )
}

const numberIn = (file: string, pattern: RegExp): number => Number(pattern.exec(readFileSync(file, "utf8"))?.[1])
