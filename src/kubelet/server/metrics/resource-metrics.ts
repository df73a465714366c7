import type { KubeletRequest } from "../context.ts"
import { statsSummary } from "../stats/summary.ts"
import type { ContainerSummary, CpuStats, MemoryStats, NodeSummary, PodSummary } from "../stats/summary-types.ts"
import { formatMetrics, type Metric, type Sample } from "./exposition.ts"

/** The part of a summary that is told. */
export interface Measured {
  readonly node: Pick<NodeSummary, "cpu" | "memory">
  readonly pods: readonly (Pick<PodSummary, "podRef" | "cpu" | "memory"> & {
    readonly containers: readonly Pick<ContainerSummary, "name" | "startTime" | "cpu" | "memory">[]
  })[]
}

/** `/metrics/resource`: what metrics-server reads for `kubectl top` and autoscaling. */
export async function resourceMetrics(request: KubeletRequest): Promise<string> {
  const query = new URLSearchParams("only_cpu_and_memory=true")
  return formatResourceMetrics(await statsSummary({ ...request, query }))
}

export function formatResourceMetrics({ node, pods }: Measured): string {
  const podLabels = (pod: (typeof pods)[number]) => ({ namespace: pod.podRef.namespace, pod: pod.podRef.name })
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({ ...container, labels: { container: container.name, ...podLabels(pod) } })),
  )
  const started = containers.flatMap(({ startTime, labels }) =>
    startTime === null ? [] : [{ labels, value: Date.parse(startTime) / 1000 }],
  )
  return formatMetrics([
    cpu(
      "container",
      "container",
      containers.flatMap(({ cpu, labels }) => cpuSample(cpu, labels)),
    ),
    memory(
      "container",
      "container",
      containers.flatMap(({ memory, labels }) => memorySample(memory, labels)),
    ),
    {
      name: "container_start_time_seconds",
      help: "[STABLE] Start time of the container since unix epoch in seconds",
      type: "gauge",
      samples: started,
    },
    cpu("node", "node", cpuSample(node.cpu)),
    memory("node", "node", memorySample(node.memory)),
    cpu(
      "pod",
      "pod",
      pods.flatMap((pod) => cpuSample(pod.cpu, podLabels(pod))),
    ),
    memory(
      "pod",
      "pod",
      pods.flatMap((pod) => memorySample(pod.memory, podLabels(pod))),
    ),
    {
      name: "resource_scrape_error",
      help: "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
      type: "gauge",
      samples: [{ value: 0 }],
    },
  ])
}

function cpu(prefix: string, of: string, samples: readonly Sample[]): Metric {
  const help = `[STABLE] Cumulative cpu time consumed by the ${of} in core-seconds`
  return { name: `${prefix}_cpu_usage_seconds_total`, help, type: "counter", samples }
}

function memory(prefix: string, of: string, samples: readonly Sample[]): Metric {
  const help = `[STABLE] Current working set of the ${of} in bytes`
  return { name: `${prefix}_memory_working_set_bytes`, help, type: "gauge", samples }
}

function cpuSample(cpu: CpuStats | undefined, labels: Sample["labels"] = {}): Sample[] {
  return cpu ? [{ labels, value: cpu.usageCoreNanoSeconds / 1e9, timestampMs: Date.parse(cpu.time) }] : []
}

function memorySample(memory: MemoryStats | undefined, labels: Sample["labels"] = {}): Sample[] {
  return memory ? [{ labels, value: memory.workingSetBytes, timestampMs: Date.parse(memory.time) }] : []
}
