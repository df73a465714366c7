import type { Metric } from "./server/metrics/exposition.ts"

/** What the kubelet counts about its own work, under Kubernetes' names. */
const counted = {
  kubelet_started_pods_total: "Cumulative number of pods started",
  kubelet_started_pods_errors_total: "Cumulative number of errors when starting pods",
  kubelet_started_containers_total: "Cumulative number of containers started",
  kubelet_started_user_namespaced_pods_total:
    "Cumulative number of pods with user namespaces started. This metric will only be collected on Linux.",
  kubelet_started_user_namespaced_pods_errors_total:
    "Cumulative number of errors when starting pods with user namespaces. This metric will only be collected on Linux.",
  kubelet_terminated_containers_total: "Cumulative number of container terminations.",
  kubelet_runtime_operations_total: "Cumulative number of runtime operations by operation type.",
  kubelet_runtime_operations_errors_total: "Cumulative number of runtime operation errors by operation type.",
  kubelet_run_podsandbox_errors_total:
    "Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.",
  kubelet_evented_pleg_connection_success_count:
    "The number of times a streaming client was obtained to receive CRI Events.",
  kubelet_evented_pleg_connection_error_count:
    "The number of errors encountered during the establishment of streaming connection with the CRI runtime.",
  kubelet_image_garbage_collected_total:
    "Total number of images garbage collected by the kubelet, whether through disk usage or image age.",
  kubelet_started_containers_errors_total: "Cumulative number of errors when starting containers",
  kubelet_admission_rejections_total: "Cumulative number pod admission rejections by the Kubelet.",
  kubelet_evictions: "Cumulative number of pod evictions by eviction signal",
  kubelet_device_plugin_registration_total:
    "Cumulative number of device plugin registrations. Broken down by resource name.",
  kubelet_pod_resources_endpoint_requests_total:
    "Cumulative number of requests to the PodResource endpoint. Broken down by server api version.",
  kubelet_pod_resources_endpoint_requests_list:
    "Number of requests to the PodResource List endpoint. Broken down by server api version.",
  kubelet_pod_resources_endpoint_requests_get:
    "Number of requests to the PodResource Get endpoint. Broken down by server api version.",
  kubelet_pod_resources_endpoint_requests_get_allocatable:
    "Number of requests to the PodResource GetAllocatableResources endpoint. Broken down by server api version.",
  kubelet_pod_resources_endpoint_errors_get:
    "Number of requests to the PodResource Get endpoint which returned error. Broken down by server api version.",
  kubelet_preemptions: "Cumulative number of pod preemptions by preemption resource",
  kubelet_pod_infeasible_resizes_total: "Number of infeasible resizes for pods.",
  kubelet_topology_manager_admission_requests_total:
    "The number of admission requests where resources have to be aligned.",
  kubelet_topology_manager_admission_errors_total:
    "The number of admission request failures where resources could not be aligned.",
  kubelet_container_aligned_compute_resources_count:
    "Cumulative number of aligned compute resources allocated to containers by alignment type.",
  kubelet_container_aligned_compute_resources_failure_count:
    "Cumulative number of failures to allocate aligned compute resources to containers by alignment type.",
  kubelet_cpu_manager_pinning_requests_total: "The number of cpu core allocations which required pinning.",
  kubelet_cpu_manager_pinning_errors_total: "The number of cpu core allocations which required pinning failed.",
  kubelet_memory_manager_pinning_requests_total: "The number of memory pages allocations which required pinning.",
  kubelet_memory_manager_pinning_errors_total:
    "The number of memory pages allocations which required pinning that failed.",
} as const

export type Counted = keyof typeof counted
type Labels = Readonly<Record<string, string>>

export interface Counters {
  add(name: Counted, labels?: Labels): void
  metrics(): readonly Metric[]
}

/** Since the agent began. */
export function createCounters(): Counters {
  const series = new Map<Counted, Map<string, { readonly labels: Labels; value: number }>>()
  return {
    add(name, labels = {}) {
      const key = JSON.stringify(labels)
      const samples = series.get(name) ?? new Map<string, { readonly labels: Labels; value: number }>()
      series.set(name, samples)
      const sample = samples.get(key) ?? { labels, value: 0 }
      sample.value += 1
      samples.set(key, sample)
    },
    metrics: () =>
      [...series].map(([name, samples]) => {
        return { name, help: `[ALPHA] ${counted[name]}`, type: "counter", samples: [...samples.values()] }
      }),
  }
}
