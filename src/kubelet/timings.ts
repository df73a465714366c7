import type { Histogram, Labels, MetricsRegistry } from "../platform/metrics-registry.ts"

/** How long the kubelet's work takes, under Kubernetes' names and in its buckets. */

/** As Prometheus client libraries have them. */
export const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const podStartBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
]
const imagePullBuckets = [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600]
const statusBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60]
const operationBuckets = exponential(0.005, 2.5, 14)

const timed = {
  kubelet_containers_per_pod_count: ["The number of containers per pod.", exponential(1, 2, 5)],
  kubelet_pod_worker_duration_seconds: [
    "Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync",
    defaultBuckets,
  ],
  kubelet_pod_worker_start_duration_seconds: [
    "Duration in seconds from kubelet seeing a pod to starting a worker.",
    defaultBuckets,
  ],
  kubelet_pod_start_duration_seconds: [
    "Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run",
    podStartBuckets,
  ],
  kubelet_pod_start_sli_duration_seconds: [
    "Duration in seconds to start a pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch",
    podStartBuckets,
  ],
  kubelet_pod_start_total_duration_seconds: [
    "Duration in seconds to start a pod since creation, including time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch",
    podStartBuckets,
  ],
  kubelet_pod_status_sync_duration_seconds: [
    "Duration in seconds to sync a pod status update. Measures time from detection of a change to pod status until the API is successfully updated for that pod, even if multiple intevening changes to pod status occur.",
    statusBuckets,
  ],
  kubelet_cgroup_manager_duration_seconds: [
    "Duration in seconds for cgroup manager operations. Broken down by method.",
    defaultBuckets,
  ],
  kubelet_pleg_relist_duration_seconds: ["Duration in seconds for relisting pods in PLEG.", defaultBuckets],
  kubelet_runtime_operations_duration_seconds: [
    "Duration in seconds of runtime operations. Broken down by operation type.",
    operationBuckets,
  ],
  kubelet_run_podsandbox_duration_seconds: [
    "Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.",
    defaultBuckets,
  ],
  kubelet_image_pull_duration_seconds: ["Duration in seconds to pull an image.", imagePullBuckets],
  storage_operation_duration_seconds: [
    "Storage operation duration",
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600],
  ],
  kubelet_device_plugin_alloc_duration_seconds: [
    "Duration in seconds to serve a device plugin Allocation request. Broken down by resource name.",
    defaultBuckets,
  ],
} as const satisfies Record<string, readonly [help: string, bounds: readonly number[]]>

export type Timed = keyof typeof timed

export interface Timings {
  /** In the unit that the metric's name ends with. */
  observe(name: Timed, value: number, labels?: Labels): void
  /** Observes the seconds that the work takes, whether it succeeds or not. */
  time<T>(name: Timed, labels: Labels, work: () => Promise<T>): Promise<T>
}

/** Metrics appear in the registry once they are first observed. */
export function createTimings(registry: MetricsRegistry, clock: { monotonicMs(): number }): Timings {
  const histograms = new Map<Timed, Histogram>()
  const observe: Timings["observe"] = (name, value, labels) => {
    let histogram = histograms.get(name)
    if (histogram === undefined) {
      const [help, bounds] = timed[name]
      histograms.set(name, (histogram = registry.histogram(name, `[ALPHA] ${help}`, bounds)))
    }
    histogram.observe(value, labels)
  }
  return {
    observe,
    async time(name, labels, work) {
      const beganMs = clock.monotonicMs()
      try {
        return await work()
      } finally {
        observe(name, (clock.monotonicMs() - beganMs) / 1000, labels)
      }
    },
  }
}

function exponential(first: number, factor: number, count: number): number[] {
  const bounds: number[] = []
  for (let bound = first; bounds.length < count; bound *= factor) bounds.push(bound)
  return bounds
}
