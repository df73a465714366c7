import type { KubeletRequest } from "../context.ts"
import { formatMetrics, type Metric } from "./exposition.ts"
import { volumeMetrics } from "./volume-metrics.ts"

/** `/metrics`: the kubelet itself. */
export async function kubeletMetrics(request: KubeletRequest): Promise<string> {
  const { metrics, nodeName, pods, runtime, volumes } = request
  const [sandboxes, containers, claims] = await Promise.all([
    runtime.listPodSandboxes({ state: "READY" }),
    runtime.listContainers(),
    volumes?.claimUsage() ?? [],
  ])
  const states = new Map<string, number>()
  for (const { state } of containers) states.set(state.toLowerCase(), (states.get(state.toLowerCase()) ?? 0) + 1)
  const own: Metric[] = [
    {
      name: "kubelet_node_name",
      help: "[ALPHA] The node's name. The count is always 1.",
      type: "gauge",
      samples: [{ labels: { node: nodeName }, value: 1 }],
    },
    {
      name: "kubelet_running_pods",
      help: "[ALPHA] Number of pods that have a running pod sandbox",
      type: "gauge",
      samples: [{ value: sandboxes.length }],
    },
    {
      name: "kubelet_running_containers",
      help: "[ALPHA] Number of containers currently running",
      type: "gauge",
      samples: [...states].map(([state, value]) => ({ labels: { container_state: state }, value })),
    },
    {
      name: "kubelet_desired_pods",
      help: "[ALPHA] The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.",
      type: "gauge",
      samples: [{ labels: { static: "" }, value: pods.pods().length }],
    },
  ]
  return formatMetrics([...own, ...(metrics?.() ?? []), ...volumeMetrics(claims), ...processMetrics()])
}

function processMetrics(): Metric[] {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const one = (name: string, type: Metric["type"], help: string, value: number): Metric => ({
    name,
    help,
    type,
    samples: [{ value }],
  })
  return [
    one(
      "process_cpu_seconds_total",
      "counter",
      "Total user and system CPU time spent in seconds.",
      (user + system) / 1e6,
    ),
    one("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", rss),
    one("nodejs_heap_size_used_bytes", "gauge", "Memory that live objects and garbage take, in bytes.", heapUsed),
  ]
}
