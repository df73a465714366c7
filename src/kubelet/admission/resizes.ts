import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import type { Counters } from "../counters.ts"
import { resizable } from "../pod/resize.ts"
import { qosClass } from "../resources/pod-resources.ts"
import { canSwap, type Swap } from "../resources/swap.ts"
import type { PlacementSettings } from "../settings/placement.ts"
import type { Rejection } from "./admit.ts"

/**
 * Why the node will never give running containers what they ask for now: CPUs and memory that were set aside for them
 * alone stay as they are, and what they may swap. `allocated`: the pod as the node runs it.
 */
export function refusedResize(
  pod: Pod,
  allocated: Pod,
  { cpu, memory }: PlacementSettings,
  swap: Swap,
  counters: Pick<Counters, "add">,
): Rejection | undefined {
  const infeasible = (detail: string, message: string): Rejection => {
    counters.add("kubelet_pod_infeasible_resizes_total", { reason_detail: detail })
    return { reason: "Infeasible", message }
  }
  if (resizesSwapping(pod, allocated, swap)) {
    return infeasible("swap_limitation", "In-place resize of containers with swap is not supported.")
  }
  if (qosClass(pod) !== "Guaranteed") return undefined
  const text = (which: string) => `Resize is infeasible for Guaranteed Pods alongside ${which} Manager policy`
  if (cpu.policy === "static" && changes(pod, allocated, "cpu").length > 0) {
    return infeasible("guaranteed_pod_cpu_manager_static_policy", `${text("CPU")} "static"`)
  }
  if (memory.policy === "Static" && changes(pod, allocated, "memory").length > 0) {
    return infeasible("guaranteed_pod_memory_manager_static_policy", `${text("Memory")} "Static"`)
  }
  return undefined
}

/** The containers that ask for another amount than they have. */
function changes(pod: Pod, allocated: Pod, resource: "cpu" | "memory"): Container[] {
  const request = ({ resources }: Container) => amountsOf(resources?.requests).get(resource) ?? 0
  const before = new Map(resizable(allocated).map(({ spec }) => [spec.name, request(spec)]))
  return resizable(pod)
    .map(({ spec }) => spec)
    .filter((spec) => before.has(spec.name) && before.get(spec.name) !== request(spec))
}

function resizesSwapping(pod: Pod, allocated: Pod, swap: Swap): boolean {
  return changes(pod, allocated, "memory").some((container) => {
    const policy = (container.resizePolicy ?? []).find(({ resourceName }) => resourceName === "memory")
    if (policy?.restartPolicy === "RestartContainer") return false
    return canSwap(pod, container, swap) || canSwap(allocated, container, swap)
  })
}
