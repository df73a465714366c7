import type { KubeletRequest } from "../context.ts"
import { formatMetrics, type Metric } from "./exposition.ts"
import { podMetrics } from "./pod-metrics.ts"
import { volumeMetrics } from "./volume-metrics.ts"

/** `/metrics`: the kubelet itself. */
export async function kubeletMetrics(request: KubeletRequest): Promise<string> {
  const { cgroups, metrics, nodeName, pods, registry, runtime, volumes } = request
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
    ...podMetrics(pods.pods(), cgroups?.isUnified),
  ]
  const all = [...own, ...(metrics?.() ?? []), ...volumeMetrics(claims)]
  return `${formatMetrics(all)}${registry?.render() ?? ""}`
}
