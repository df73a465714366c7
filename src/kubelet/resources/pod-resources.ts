import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { initContainers } from "../pod/containers.ts"
import { type Amounts, amountsOf, maxOf, sumOf } from "./amounts.ts"

type List = "requests" | "limits"

/**
 * What a pod as a whole asks for: its regular containers and sidecars together, or what its init containers need at
 * their worst, plus the overhead of its runtime class. Amounts for the whole pod win where given.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podRequests(pod: Pod): Amounts {
  return podTotal(pod, "requests")
}

/** As `podRequests`, for limits. A resource that some container leaves unlimited is still in the sum of the others. */
export function podLimits(pod: Pod): Amounts {
  return podTotal(pod, "limits")
}

function podTotal(pod: Pod, list: List): Amounts {
  const of = (container: Container) => amountsOf(container.resources?.[list])
  let sidecars: Amounts = new Map()
  let init: Amounts = new Map()
  for (const { kind, spec } of initContainers(pod)) {
    if (kind === "sidecar") {
      sidecars = sumOf(sidecars, of(spec))
      init = maxOf(init, sidecars)
    } else {
      init = maxOf(init, sumOf(sidecars, of(spec)))
    }
  }
  const running = sumOf(sidecars, ...pod.spec.containers.map(of))
  const total = maxOf(running, init)
  const whole = amountsOf(pod.spec.resources?.[list])
  const chosen = new Map([...total, ...whole])
  const overhead = amountsOf(pod.spec.overhead)
  if (list === "requests") return sumOf(chosen, overhead)
  // Overhead raises limits that exist; it does not make any.
  return new Map([...chosen].map(([name, amount]) => [name, amount + (overhead.get(name) ?? 0)]))
}

/** Whether every container (init containers too) has a limit, so that the pod as a whole has one. */
export function isLimited(pod: Pod, resource: "cpu" | "memory"): boolean {
  if ((amountsOf(pod.spec.resources?.limits).get(resource) ?? 0) > 0) return true
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return all.every((container) => (amountsOf(container.resources?.limits).get(resource) ?? 0) > 0)
}
