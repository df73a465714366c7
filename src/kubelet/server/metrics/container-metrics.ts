import type { ContainerStats, PodSandboxStats } from "../../../runtime/runtime.ts"
import type { KubeletRequest } from "../context.ts"
import { formatMetrics, type Metric, type Sample } from "./exposition.ts"

/** `/metrics/cadvisor`: under the names that dashboards made for cAdvisor look for. */
export async function cadvisorMetrics(request: KubeletRequest): Promise<string> {
  const { pods, runtime, nodeUsage } = request
  const sandboxes = pods.pods().flatMap((pod) => pods.sandboxId(pod.metadata.uid) ?? [])
  const found = await Promise.all(sandboxes.map((id) => runtime.podSandboxStats(id).catch(() => undefined)))
  const stats = found.filter((each) => each !== undefined)
  const machine = await nodeUsage?.()
  return formatMetrics([
    ...containerSeries.map((series) => containerMetric(series, stats)),
    ...networkSeries.map((series) => networkMetric(series, stats)),
    gauge("machine_cpu_cores", "Number of logical CPU cores.", machine?.cpus),
    gauge("machine_memory_bytes", "Amount of memory installed on the machine.", machine?.memory.totalBytes),
  ])
}

interface ContainerSeries {
  readonly name: string
  readonly type: Metric["type"]
  readonly help: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: (stats: ContainerStats) => number | undefined
}

const containerSeries: readonly ContainerSeries[] = [
  {
    name: "container_cpu_usage_seconds_total",
    type: "counter",
    help: "Cumulative cpu time consumed in seconds.",
    labels: { cpu: "total" },
    value: ({ cpu }) => cpu && Number(cpu.usageCoreNs) / 1e9,
  },
  {
    name: "container_memory_working_set_bytes",
    type: "gauge",
    help: "Current working set in bytes.",
    value: ({ memory }) => memory?.workingSetBytes,
  },
  {
    name: "container_memory_usage_bytes",
    type: "gauge",
    help: "Current memory usage in bytes, including all memory regardless of when it was accessed",
    value: ({ memory }) => memory?.usageBytes,
  },
  {
    name: "container_memory_rss",
    type: "gauge",
    help: "Size of RSS in bytes.",
    value: ({ memory }) => memory?.rssBytes,
  },
  {
    name: "container_processes",
    type: "gauge",
    help: "Number of processes running inside the container.",
    value: ({ pids }) => pids,
  },
  {
    name: "container_fs_usage_bytes",
    type: "gauge",
    help: "Number of bytes that are consumed by the container on this filesystem.",
    value: ({ writableLayer }) => writableLayer.usedBytes,
  },
]

function containerMetric(series: ContainerSeries, pods: readonly PodSandboxStats[]): Metric {
  const samples = pods.flatMap(({ metadata: { name: pod, namespace }, containers }) =>
    containers.flatMap((container): Sample[] => {
      const value = series.value(container)
      const { id, metadata } = container
      const labels = { container: metadata.name, ...series.labels, id: `/${id}`, name: id, namespace, pod }
      return value === undefined ? [] : [{ labels, value }]
    }),
  )
  return { name: series.name, help: series.help, type: series.type, samples }
}

const networkSeries = [
  ["container_network_receive_bytes_total", "Cumulative count of bytes received", "rxBytes"],
  ["container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", "rxErrors"],
  ["container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", "txBytes"],
  ["container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", "txErrors"],
] as const

function networkMetric([name, help, member]: (typeof networkSeries)[number], pods: readonly PodSandboxStats[]): Metric {
  const samples = pods.flatMap(({ id, metadata: { name: pod, namespace }, network }) =>
    network.map((each) => ({ labels: { id: `/${id}`, interface: each.name, namespace, pod }, value: each[member] })),
  )
  return { name, help, type: "counter", samples }
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  return { name, help, type: "gauge", samples: value === undefined ? [] : [{ value }] }
}
