import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { canonicalQuantity, formatQuantity, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { ContainerUsage, PodUsage } from "./pod-usage.ts"
import {
  amountOf,
  meanings,
  type Observations,
  type Signal,
  type StarvedResource,
  type Thresholds,
} from "./thresholds.ts"

export interface EvictionMessage {
  readonly message: string
  /** For the event, so that programs need not read the text. */
  readonly annotations: Readonly<Record<string, string>>
}

/** How a pod and its event say that it had to go because the node lacked something. */
export function evictionMessage(
  pod: Pod,
  usage: PodUsage | undefined,
  facts: { readonly met: readonly Signal[]; readonly thresholds: Thresholds; readonly observations: Observations },
): EvictionMessage {
  const [first = "memory.available"] = facts.met
  const { resource } = meanings[first]
  const parts = [`The node was low on resource: ${resource}. `, thresholdText(first, facts)]
  if (usage === undefined) return { message: parts.join(""), annotations: {} }
  const wholePod = podText(pod, usage, resource)
  const exceeding = exceedingContainers(pod, usage, resource)
  parts.push(wholePod.message, ...exceeding.map(({ message }) => message))
  return {
    message: parts.join(""),
    annotations: {
      ...wholePod.annotations,
      offending_containers: exceeding.map(({ name }) => name).join(","),
      offending_containers_usage: exceeding.map(({ used }) => used).join(","),
      starved_resource: resource,
    },
  }
}

function thresholdText(
  signal: Signal,
  { observations, thresholds }: { readonly thresholds: Thresholds; readonly observations: Observations },
): string {
  const observed = observations.get(signal)
  const threshold = thresholds[signal]
  if (observed === undefined || threshold === undefined) return ""
  const quantity = threshold.endsWith("%")
    ? binary(amountOf(threshold, observed.capacity))
    : canonicalQuantity(threshold)
  const counted = meanings[signal].resource === "inodes" || meanings[signal].resource === "pids"
  const available = counted ? formatQuantity(quantityOf(observed.available, "DecimalSI")) : binary(observed.available)
  return `Threshold quantity: ${quantity}, available: ${available}. `
}

function podText(pod: Pod, usage: PodUsage, resource: StarvedResource): EvictionMessage {
  const request = resource === "memory" ? pod.spec.resources?.requests?.["memory"] : undefined
  if (request === undefined || usage.memoryBytes === undefined) return { message: "", annotations: {} }
  const { name } = pod.metadata
  const used = binary(usage.memoryBytes)
  return {
    message: `Pod ${name} was using ${used}, request is ${canonicalQuantity(request)}, has larger consumption of ${resource}. `,
    annotations: { offending_pod: name, offending_pod_usage: used },
  }
}

/** Containers that use more than they asked for. */
function exceedingContainers({ spec }: Pod, usage: PodUsage, resource: StarvedResource) {
  const specs = new Map([...spec.containers, ...(spec.initContainers ?? [])].map((each) => [each.name, each]))
  return usage.containers.flatMap((container) => {
    const { name } = container
    const requests = specs.get(name)?.resources?.requests
    const bytes = bytesOf(container, resource)
    if (!specs.has(name) || bytes === undefined || bytes <= (amountsOf(requests).get(resource) ?? 0)) return []
    const used = binary(bytes)
    const request = canonicalQuantity(requests?.[resource] ?? "0")
    const message = `Container ${name} was using ${used}, request is ${request}, has larger consumption of ${resource}. `
    return [{ name, used, message }]
  })
}

function bytesOf({ logs, memoryBytes, written }: ContainerUsage, resource: StarvedResource): number | undefined {
  if (resource === "memory") return memoryBytes
  return resource === "ephemeral-storage" ? written.bytes + logs.bytes : undefined
}

function binary(bytes: number): string {
  return formatQuantity(quantityOf(bytes, "BinarySI"))
}
