import {
  type CgroupFiles,
  cpuTime,
  cpuUsage,
  either,
  events,
  Group,
  limited,
  memoryUsage,
  pageFaults,
  periodOf,
  pressure,
  quotaOf,
  shares,
  throttling,
  transfers,
  workingSet,
} from "./cgroup-readings.ts"
import type { Metric, Sample } from "./exposition.ts"

/** A control group that something is told about. */
export interface Measured {
  readonly group: string
  readonly labels: Readonly<Record<string, string>>
}

type Values = number | undefined | readonly Sample[]
type Series = readonly [name: string, type: Metric["type"], help: string, read: (group: Group) => Values]

const SERIES: readonly Series[] = [
  ["container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", cpuUsage],
  [
    "container_cpu_user_seconds_total",
    "counter",
    "Cumulative user cpu time consumed in seconds.",
    (group) => cpuTime(group, "user_usec", "user"),
  ],
  [
    "container_cpu_system_seconds_total",
    "counter",
    "Cumulative system cpu time consumed in seconds.",
    (group) => cpuTime(group, "system_usec", "system"),
  ],
  [
    "container_cpu_cfs_periods_total",
    "counter",
    "Number of elapsed enforcement period intervals.",
    (group) => throttling(group, "nr_periods"),
  ],
  [
    "container_cpu_cfs_throttled_periods_total",
    "counter",
    "Number of throttled period intervals.",
    (group) => throttling(group, "nr_throttled"),
  ],
  [
    "container_cpu_cfs_throttled_seconds_total",
    "counter",
    "Total time duration the container has been throttled.",
    (group) => (group.isUnified ? throttling(group, "throttled_usec", 1e6) : throttling(group, "throttled_time", 1e9)),
  ],
  [
    "container_memory_cache",
    "gauge",
    "Number of bytes of page cache memory.",
    (group) => group.memory("file", "cache"),
  ],
  ["container_memory_rss", "gauge", "Size of RSS in bytes.", (group) => group.memory("anon", "rss")],
  [
    "container_memory_kernel_usage",
    "gauge",
    "Size of kernel memory allocated in bytes.",
    (group) => (group.isUnified ? group.memory("kernel", "") : group.number("memory", "memory.kmem.usage_in_bytes")),
  ],
  [
    "container_memory_mapped_file",
    "gauge",
    "Size of memory mapped files in bytes.",
    (group) => group.memory("file_mapped", "mapped_file"),
  ],
  [
    "container_memory_swap",
    "gauge",
    "Container swap usage in bytes.",
    (group) => (group.isUnified ? group.number("memory", "memory.swap.current") : group.memory("", "swap")),
  ],
  [
    "container_memory_failcnt",
    "counter",
    "Number of memory usage hits limits",
    (group) => events(group, "max", "memory.failcnt"),
  ],
  [
    "container_memory_usage_bytes",
    "gauge",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    memoryUsage,
  ],
  [
    "container_memory_max_usage_bytes",
    "gauge",
    "Maximum memory usage recorded in bytes",
    (group) => either(group, "memory", "memory.peak", "memory.max_usage_in_bytes"),
  ],
  ["container_memory_working_set_bytes", "gauge", "Current working set in bytes.", workingSet],
  [
    "container_memory_total_active_file_bytes",
    "gauge",
    "Current total active file in bytes.",
    (group) => group.memory("active_file", "active_file"),
  ],
  [
    "container_memory_total_inactive_file_bytes",
    "gauge",
    "Current total inactive file in bytes.",
    (group) => group.memory("inactive_file", "inactive_file"),
  ],
  ["container_memory_failures_total", "counter", "Cumulative count of memory allocation failures.", pageFaults],
  [
    "container_oom_events_total",
    "counter",
    "Count of out of memory events observed for the container",
    (group) => events(group, "oom_kill", ["memory.oom_control", "oom_kill"]),
  ],
  ["container_processes", "gauge", "Number of processes running inside the container.", (group) => group.processes()],
  [
    "container_threads",
    "gauge",
    "Number of threads running inside the container",
    (group) => group.number("pids", "pids.current"),
  ],
  [
    "container_threads_max",
    "gauge",
    "Maximum number of threads allowed inside the container, infinity if value is zero",
    (group) => limited(group.number("pids", "pids.max")),
  ],
  [
    "container_fs_reads_bytes_total",
    "counter",
    "Cumulative count of bytes read",
    (group) => transfers(group, ["io_service_bytes", "Read"], "rbytes"),
  ],
  [
    "container_fs_writes_bytes_total",
    "counter",
    "Cumulative count of bytes written",
    (group) => transfers(group, ["io_service_bytes", "Write"], "wbytes"),
  ],
  [
    "container_fs_reads_total",
    "counter",
    "Cumulative count of reads completed",
    (group) => transfers(group, ["io_serviced", "Read"], "rios"),
  ],
  [
    "container_fs_writes_total",
    "counter",
    "Cumulative count of writes completed",
    (group) => transfers(group, ["io_serviced", "Write"], "wios"),
  ],
  [
    "container_spec_cpu_period",
    "gauge",
    "CPU period of the container.",
    (group) => (group.isUnified ? periodOf(group) : group.number("cpu", "cpu.cfs_period_us")),
  ],
  ["container_spec_cpu_quota", "gauge", "CPU quota of the container.", quotaOf],
  ["container_spec_cpu_shares", "gauge", "CPU share of the container.", shares],
  [
    "container_spec_memory_limit_bytes",
    "gauge",
    "Memory limit for the container.",
    (group) => limited(either(group, "memory", "memory.max", "memory.limit_in_bytes")),
  ],
  [
    "container_spec_memory_swap_limit_bytes",
    "gauge",
    "Memory swap limit for the container.",
    (group) => limited(either(group, "memory", "memory.swap.max", "memory.memsw.limit_in_bytes")),
  ],
  [
    "container_pressure_cpu_stalled_seconds_total",
    "counter",
    "Total time duration no tasks in the container could make progress due to CPU congestion.",
    (group) => pressure(group, "cpu", "full"),
  ],
  [
    "container_pressure_cpu_waiting_seconds_total",
    "counter",
    "Total time duration tasks in the container have waited due to CPU congestion.",
    (group) => pressure(group, "cpu", "some"),
  ],
  [
    "container_pressure_memory_stalled_seconds_total",
    "counter",
    "Total time duration no tasks in the container could make progress due to memory congestion.",
    (group) => pressure(group, "memory", "full"),
  ],
  [
    "container_pressure_memory_waiting_seconds_total",
    "counter",
    "Total time duration tasks in the container have waited due to memory congestion.",
    (group) => pressure(group, "memory", "some"),
  ],
  [
    "container_pressure_io_stalled_seconds_total",
    "counter",
    "Total time duration no tasks in the container could make progress due to IO congestion.",
    (group) => pressure(group, "io", "full"),
  ],
  [
    "container_pressure_io_waiting_seconds_total",
    "counter",
    "Total time duration tasks in the container have waited due to IO congestion.",
    (group) => pressure(group, "io", "some"),
  ],
]

/** What the kernel counts of control groups, under the names of cAdvisor. */
export function cgroupMetrics(files: CgroupFiles, measured: readonly Measured[]): Metric[] {
  const groups = measured.map(({ group, labels }) => ({ group: new Group(files, group), labels }))
  return SERIES.map(([name, type, help, read]) => ({
    name,
    type,
    help,
    samples: groups.flatMap(({ group, labels }): Sample[] => {
      const values = read(group)
      const samples = typeof values === "number" ? [{ value: values }] : (values ?? [])
      return samples.map((each) => ({ labels: { ...labels, ...each.labels }, value: each.value }))
    }),
  }))
}
