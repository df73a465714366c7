import type { Container, PodSandboxStats } from "../../../runtime/runtime.ts"
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from "../../config/labels.ts"
import type { KubeletRequest } from "../context.ts"
import { cgroupMetrics, type Measured } from "./cgroup-metrics.ts"
import { formatMetrics, type Metric } from "./exposition.ts"

/** `/metrics/cadvisor`: under the names and labels that dashboards made for cAdvisor look for. */
export async function cadvisorMetrics(request: KubeletRequest): Promise<string> {
  const { cgroups, nodeUsage, pods, runtime } = request
  const all = pods.pods()
  const sandboxes = all.flatMap((pod) => pods.sandboxId(pod.metadata.uid) ?? [])
  const [found, containers, machine] = await Promise.all([
    Promise.all(sandboxes.map((id) => runtime.podSandboxStats(id).catch(() => undefined))),
    runtime.listContainers({ state: "RUNNING" }),
    nodeUsage?.(),
  ])
  const groups = new Map(all.map((pod) => [pod.metadata.uid, cgroups?.path(pod) ?? `/pod${pod.metadata.uid}`]))
  const groupOf = (podUid: string) => groups.get(podUid) ?? ""
  const running = containers.filter(({ labels }) => groups.has(labels[podUidLabel] ?? ""))
  const measured = [
    { group: "/", labels: labelsOf("/") },
    ...all.map(({ metadata: { name, namespace, uid } }) => {
      return { group: groupOf(uid), labels: labelsOf(groupOf(uid), { namespace, pod: name }) }
    }),
    ...running.map((container) => containerGroup(container, groupOf)),
  ]
  const stats = found.filter((each) => each !== undefined)
  return formatMetrics([
    ...(cgroups === undefined ? [] : cgroupMetrics(cgroups, measured)),
    startTimes(running, groupOf),
    fileSystems(running, groupOf, stats),
    ...networkSeries.map((series) => networkMetric(series, stats, groupOf)),
    gauge("machine_cpu_cores", "Number of logical CPU cores.", machine?.cpus),
    gauge("machine_memory_bytes", "Amount of memory installed on the machine.", machine?.memory.totalBytes),
    gauge("container_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise", 0),
  ])
}

type GroupOf = (podUid: string) => string

/** All series have the same labels. */
function labelsOf(id: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { container: "", id, image: "", name: "", namespace: "", pod: "", ...more }
}

function containerGroup({ id, image, labels }: Container, groupOf: GroupOf): Measured {
  const group = `${groupOf(labels[podUidLabel] ?? "")}/${id}`
  const [container = "", pod = "", namespace = ""] = [containerNameLabel, podNameLabel, podNamespaceLabel].map(
    (name) => labels[name] ?? "",
  )
  const name = image.userSpecifiedImage || image.image
  return { group, labels: labelsOf(group, { container, image: name, name: id, namespace, pod }) }
}

function startTimes(containers: readonly Container[], groupOf: GroupOf): Metric {
  return {
    name: "container_start_time_seconds",
    help: "Start time of the container since unix epoch in seconds.",
    type: "gauge",
    samples: containers.map((each) => {
      return { labels: containerGroup(each, groupOf).labels, value: Number(each.createdAtNs / 1_000_000_000n) }
    }),
  }
}

function fileSystems(containers: readonly Container[], groupOf: GroupOf, stats: readonly PodSandboxStats[]): Metric {
  const used = new Map(stats.flatMap((pod) => pod.containers.map(({ id, writableLayer }) => [id, writableLayer])))
  return {
    name: "container_fs_usage_bytes",
    help: "Number of bytes that are consumed by the container on this filesystem.",
    type: "gauge",
    samples: containers.flatMap((each) => {
      const layer = used.get(each.id)
      return layer ? [{ labels: containerGroup(each, groupOf).labels, value: layer.usedBytes }] : []
    }),
  }
}

const networkSeries = [
  ["container_network_receive_bytes_total", "Cumulative count of bytes received", "rxBytes"],
  ["container_network_receive_packets_total", "Cumulative count of packets received", "rxPackets"],
  [
    "container_network_receive_packets_dropped_total",
    "Cumulative count of packets dropped while receiving",
    "rxDropped",
  ],
  ["container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", "rxErrors"],
  ["container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", "txBytes"],
  ["container_network_transmit_packets_total", "Cumulative count of packets transmitted", "txPackets"],
  [
    "container_network_transmit_packets_dropped_total",
    "Cumulative count of packets dropped while transmitting",
    "txDropped",
  ],
  ["container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", "txErrors"],
] as const

function networkMetric(
  [name, help, member]: (typeof networkSeries)[number],
  pods: readonly PodSandboxStats[],
  groupOf: GroupOf,
): Metric {
  const samples = pods.flatMap(({ metadata: { name: pod, namespace, uid }, network }) =>
    network.flatMap((each) => {
      const value = each[member]
      const labels = { ...labelsOf(groupOf(uid), { namespace, pod }), interface: each.name }
      return value === undefined ? [] : [{ labels, value }]
    }),
  )
  return { name, help, type: "counter", samples }
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  return { name, help, type: "gauge", samples: value === undefined ? [] : [{ value }] }
}
