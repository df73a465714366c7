import { readdirSync, readFileSync } from "node:fs"
import type { Metric } from "./exposition.ts"

/** Of this process, under the names that client libraries use. It is no Go program: there are no `go_*`. */
export function processMetrics(): Metric[] {
  const { heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  const one = (name: string, type: Metric["type"], help: string, value: number): Metric => ({
    name,
    help,
    type,
    samples: [{ value }],
  })
  const virtual = Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024
  const filesMax = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1])
  const cpu = "Total user and system CPU time spent in seconds."
  const start = "Start time of the process since unix epoch in seconds."
  return [
    one("process_cpu_seconds_total", "counter", cpu, (user + system) / 1e6),
    one("process_start_time_seconds", "gauge", start, performance.timeOrigin / 1000),
    one("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", rss),
    one("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", virtual),
    // The folder that is read is one of them.
    one("process_open_fds", "gauge", "Number of open file descriptors.", readdirSync("/proc/self/fd").length - 1),
    one("process_max_fds", "gauge", "Maximum number of open file descriptors.", filesMax),
    one("nodejs_heap_size_used_bytes", "gauge", "Memory that live objects and garbage take, in bytes.", heapUsed),
  ]
}
