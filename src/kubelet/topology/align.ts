import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Rejection } from "../admission/admit.ts"
import { rejectionOf } from "../admission/set-aside.ts"
import type { Counters } from "../counters.ts"
import { AllocationError, anywhere, type HintProvider, type TopologyHint } from "./hint-provider.ts"
import { mergeHints } from "./merge-hints.ts"
import type { TopologyPolicy } from "./topology-policy.ts"

/** Hands out a pod's aligned resources, or says why it cannot have them; then it has nothing. */
export function allocateAligned(
  policy: TopologyPolicy,
  providers: readonly HintProvider[],
  pod: Pod,
  counters: Pick<Counters, "add">,
): Rejection | undefined {
  counters.add("kubelet_topology_manager_admission_requests_total")
  try {
    allocate(policy, providers, pod, counters)
    return undefined
  } catch (error) {
    if (policy.name !== "none") counters.add("kubelet_topology_manager_admission_errors_total")
    for (const provider of providers) provider.release(pod.metadata.uid)
    return rejectionOf(error)
  }
}

const aligned = "kubelet_container_aligned_compute_resources_count"
const misaligned = "kubelet_container_aligned_compute_resources_failure_count"

function allocate(
  policy: TopologyPolicy,
  providers: readonly HintProvider[],
  pod: Pod,
  counters: Pick<Counters, "add">,
): void {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const isGuaranteed = policy.name === "single-numa-node"
  const labels = { scope: policy.scope, boundary: "numa_node" }
  const merged = (ask: (provider: HintProvider) => ReturnType<HintProvider["podHints"]>): TopologyHint => {
    const { admitted, hint } = mergeHints(policy, providers.map(ask))
    if (admitted) return hint
    if (isGuaranteed) counters.add(misaligned, labels)
    throw new AllocationError("Resources cannot be allocated with Topology locality", "TopologyAffinityError")
  }
  const give = (container: Container, hint: TopologyHint) => {
    for (const provider of providers) provider.allocate(pod, container, hint)
  }
  if (policy.name === "none") {
    for (const container of containers) give(container, anywhere)
    return
  }
  const ofPod = policy.scope === "pod" ? merged((provider) => provider.podHints(pod)) : undefined
  for (const container of containers) {
    give(container, ofPod ?? merged((provider) => provider.hints(pod, container)))
    if (isGuaranteed && ofPod === undefined) counters.add(aligned, labels)
  }
  if (isGuaranteed && ofPod !== undefined) counters.add(aligned, labels)
}
