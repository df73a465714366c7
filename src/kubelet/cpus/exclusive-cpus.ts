import type { Platform } from "../../platform/platform.ts"
import type { Counters } from "../counters.ts"
import type { Metric } from "../server/metrics/exposition.ts"
import { AllocationError, type HintProvider } from "../topology/hint-provider.ts"
import { containerCpuHints, podCpuHints } from "./cpu-hints.ts"
import { assign, type CpuState, cpusOfContainer, exclusive, releasePod, startingState } from "./cpu-state.ts"
import { readCpuState, writeCpuState } from "./cpu-state-file.ts"
import { type CpuSet, cpusIn, cpusOf, shareCache } from "./cpu-topology.ts"
import { availableCpus, exclusiveCount, exclusiveCpus, reusableCpus, type StaticCpuPolicy } from "./static-policy.ts"

/** Hands out CPUs under the static policy, and remembers on disk which are whose. */
export interface ExclusiveCpus extends HintProvider {
  /** What a container has for itself. */
  of(podUid: string, container: string): CpuSet | undefined
  /** What all others share. */
  shared(): CpuSet
  /** What containers can have for themselves, whoever has it now. */
  readonly allocatable: CpuSet
  /** Pods that have something. */
  pods(): readonly string[]
  metrics(): readonly Metric[]
}

/** Throws an `Error` that says what to do when what was noted before does not fit. */
export function openExclusiveCpus(options: {
  readonly policy: StaticCpuPolicy
  /** Such as `/var/lib/kubelet/cpu_manager_state`. */
  readonly path: string
  readonly counters: Pick<Counters, "add">
  readonly log: Platform["log"]
  /** Which are whose has changed. */
  readonly onChange: () => void
}): ExclusiveCpus {
  const { counters, log, onChange, path, policy } = options
  const before = readCpuState(path, "static")
  let state = startingState(policy, before)
  if (state !== before) writeCpuState(path, "static", state)
  const change = (next: CpuState) => {
    writeCpuState(path, "static", next)
    state = next
    onChange()
  }
  const counted = (work: () => CpuSet | undefined): void => {
    const boundary = { scope: "container", boundary: "physical_cpu" }
    counters.add("kubelet_cpu_manager_pinning_requests_total")
    try {
      const cpus = work()
      if (policy.options.fullCores) counters.add("kubelet_container_aligned_compute_resources_count", boundary)
      if (cpus === undefined || !shareCache(policy.topology, cpus)) return
      counters.add("kubelet_container_aligned_compute_resources_count", { ...boundary, boundary: "uncore_cache" })
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error
      counters.add("kubelet_cpu_manager_pinning_errors_total")
      if (policy.options.fullCores) counters.add("kubelet_container_aligned_compute_resources_failure_count", boundary)
      throw error
    }
  }
  return {
    hints: (pod, container) => containerCpuHints(policy, state, pod, container),
    podHints: (pod) => podCpuHints(policy, state, pod),
    allocate(pod, container, { affinity }) {
      const { uid } = pod.metadata
      const count = exclusiveCount(pod, container)
      if (count === 0) return
      counted(() => {
        if (cpusOfContainer(state, uid, container.name) !== undefined) return undefined
        const cpus = exclusiveCpus(policy, state, count, { affinity, reusable: reusableCpus(state, pod, container) })
        change(assign(state, uid, container.name, cpus))
        return cpus
      })
    },
    release(podUid) {
      if (!state.assigned.has(podUid)) return
      // Also when the disk is full: it is noted with the next change.
      state = releasePod(state, podUid)
      onChange()
      try {
        writeCpuState(path, "static", state)
      } catch (error) {
        log.warn("the CPUs that a pod gave back were not noted", { pod: podUid, error })
      }
    },
    of: (podUid, container) => cpusOfContainer(state, podUid, container),
    shared: () => state.shared,
    allocatable: new Set(policy.topology.cpus.keys()).difference(policy.reserved),
    pods: () => [...state.assigned.keys()],
    metrics: () => poolMetrics(policy, state),
  }
}

function poolMetrics(policy: StaticCpuPolicy, state: CpuState): Metric[] {
  const taken = exclusive(state)
  const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({
    name: `kubelet_cpu_manager_${name}`,
    help: `[ALPHA] ${help}`,
    type: "gauge",
    samples,
  })
  const { topology } = policy
  const perNode = topology.nodes.flatMap((node) => {
    const value = cpusIn(cpusOf(topology, taken), "node", node).length
    return value === 0 ? [] : [{ labels: { numa_node: String(node) }, value }]
  })
  return [
    gauge(
      "shared_pool_size_millicores",
      "The size of the shared CPU pool for non-guaranteed QoS pods, in millicores.",
      [{ value: availableCpus(policy, state).size * 1000 }],
    ),
    gauge(
      "exclusive_cpu_allocation_count",
      "The total number of CPUs exclusively allocated to containers running on this node",
      [{ value: taken.size }],
    ),
    gauge("allocation_per_numa", "Number of CPUs allocated per NUMA node", perNode),
  ]
}
