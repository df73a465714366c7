import { parseQuantity, quantityMilliValue, quantityValue } from "../../../machinery/quantity/quantity.ts"
import type { Pod } from "./pod.ts"

/**
 * How much a pod asks for, as the scheduler and the kubelet count it: cpu in thousandths of a core, everything else in
 * its own unit (bytes, pieces), rounded up.
 */
export type Amounts = ReadonlyMap<string, number>
type Quantities = Readonly<Record<string, string>> | undefined

/** One amount by resource name. Throws `QuantityError` for text that validation would have refused. */
export function amountOf(resource: string, quantity: string): number {
  const parsed = parseQuantity(quantity)
  return resource === "cpu" ? quantityMilliValue(parsed) : quantityValue(parsed)
}

export function amountsOf(quantities: Quantities): Map<string, number> {
  return new Map(Object.entries(quantities ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]))
}

/** Cpu, memory and huge pages can be given for the pod as a whole; other resources only for containers. */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-")

/**
 * The sum of a pod's requests: the larger of what its containers need together and of what any moment of its start
 * needs (an init container next to the sidecars started before it), plus overhead.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 * `whenMissing` stands in for containers that request nothing of a resource.
 */
export function podRequests(pod: Pod, whenMissing?: Amounts): Map<string, number> {
  const { spec, status } = pod
  const stated = new Map([
    ...(status.containerStatuses ?? []).map((container) => [container.name, container] as const),
    ...(status.initContainerStatuses ?? []).map((container) => [container.name, container] as const),
  ])
  const infeasible = status.conditions?.find(({ type }) => type === "PodResizePending")?.reason === "Infeasible"
  const requestsOf = (container: Pod["spec"]["containers"][number]): Map<string, number> => {
    const running = stated.get(container.name)
    let requests = amountsOf(container.resources?.requests)
    if (running?.resources !== undefined) {
      // While a resize is under way the node holds the larger of what is wanted, promised and in force.
      const inForce = largest(amountsOf(running.resources.requests), amountsOf(running.allocatedResources))
      requests = infeasible ? inForce : largest(requests, inForce)
    }
    for (const [name, amount] of whenMissing ?? []) if (!requests.has(name)) requests.set(name, amount)
    return requests
  }

  let total = new Map<string, number>()
  for (const container of spec.containers) add(total, requestsOf(container))
  const sidecars = new Map<string, number>()
  let starting = new Map<string, number>()
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOf(container)
    if (container.restartPolicy === "Always") {
      add(total, requests)
      add(sidecars, requests)
      starting = largest(starting, sidecars)
    } else {
      starting = largest(starting, sum(requests, sidecars))
    }
  }
  total = largest(total, starting)
  for (const [name, amount] of amountsOf(spec.resources?.requests))
    if (isPodLevelResource(name)) total.set(name, amount)
  add(total, amountsOf(spec.overhead))
  return total
}

export function add(to: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + amount)
}

function sum(left: Amounts, right: Amounts): Map<string, number> {
  const total = new Map(left)
  add(total, right)
  return total
}

function largest(left: Amounts, right: Amounts): Map<string, number> {
  const result = new Map(left)
  for (const [name, amount] of right) result.set(name, Math.max(amount, result.get(name) ?? 0))
  return result
}
