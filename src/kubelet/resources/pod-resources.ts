import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type QosClass, qosClass as qosOfSpec } from "../../api/core/v1/pod-qos.ts"
import { type Amounts, add, amountsOf, isPodLevelResource } from "../../api/core/v1/pod-resources.ts"

/** The class that was given at creation, because a resize may not change it. */
export function qosClass(pod: Pod): QosClass {
  const known = pod.status?.qosClass
  if (known === "Guaranteed" || known === "Burstable" || known === "BestEffort") return known
  return qosOfSpec(pod.spec)
}

/** Whether resources are stated for the pod as a whole. */
export function hasPodLevelResources({ spec: { resources } }: Pod): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).some(isPodLevelResource)
}

/**
 * The sum of a pod's limits: of its regular containers and sidecars together, or what its init containers need at their
 * worst. Limits for the whole pod win. Overhead raises limits that exist; it does not make any.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podLimits(pod: Pod): Amounts {
  const of = (container: Container) => amountsOf(container.resources?.limits)
  const running = new Map<string, number>()
  const sidecars = new Map<string, number>()
  const total = new Map<string, number>()
  const raise = (amounts: Amounts) => {
    for (const [name, amount] of amounts) total.set(name, Math.max(total.get(name) ?? 0, amount))
  }
  for (const container of pod.spec.initContainers ?? []) {
    const beside = new Map(sidecars)
    add(beside, of(container))
    raise(beside)
    if (container.restartPolicy === "Always") add(sidecars, of(container))
  }
  add(running, sidecars)
  for (const container of pod.spec.containers) add(running, of(container))
  raise(running)
  for (const [name, amount] of amountsOf(pod.spec.resources?.limits)) total.set(name, amount)
  const overhead = amountsOf(pod.spec.overhead)
  return new Map([...total].map(([name, amount]) => [name, amount + (overhead.get(name) ?? 0)]))
}

/** Whether every container (init containers too) has a limit, so that the pod as a whole has one. */
export function isLimited(pod: Pod, resource: "cpu" | "memory"): boolean {
  if ((amountsOf(pod.spec.resources?.limits).get(resource) ?? 0) > 0) return true
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return all.every((container) => (amountsOf(container.resources?.limits).get(resource) ?? 0) > 0)
}
