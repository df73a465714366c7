import type { Quantity } from "../../../machinery/quantity/quantity.ts"
import { addQuantities, compareQuantities, parseQuantity, ZERO } from "../../../machinery/quantity/quantity.ts"
import type { PodSpec } from "./pod-spec.ts"
import type { ResourceList } from "./resource-list.ts"

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort"
type Amounts = Map<string, Quantity>

/** How well a pod's cpu and memory are secured. https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(spec: Pick<PodSpec, "containers" | "initContainers" | "resources">): QosClass {
  const requests: Amounts = new Map()
  const limits: Amounts = new Map()
  // What is stated for the pod as a whole replaces what its containers state.
  const stated = spec.resources
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(resourcesOf)
  let fullyLimited = true
  for (const resources of stated) {
    addPositive(requests, resources.requests)
    const limited = addPositive(limits, resources.limits)
    if (!limited.has("cpu") || !limited.has("memory")) fullyLimited = false
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort"
  const equal = [...requests].every(([name, amount]) => {
    const limit = limits.get(name)
    return limit !== undefined && compareQuantities(limit, amount) === 0
  })
  return fullyLimited && equal && requests.size === limits.size ? "Guaranteed" : "Burstable"
}

const resourcesOf = ({ resources }: PodSpec["containers"][number]) => resources

/** Returns the names that were added. */
function addPositive(total: Amounts, list: ResourceList | undefined): Set<string> {
  const added = new Set<string>()
  for (const [name, text] of Object.entries(list ?? {})) {
    if (name !== "cpu" && name !== "memory") continue
    const amount = parseQuantity(text)
    if (compareQuantities(amount, ZERO) <= 0) continue
    total.set(name, addQuantities(total.get(name) ?? ZERO, amount))
    added.add(name)
  }
  return added
}
