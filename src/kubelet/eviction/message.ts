import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { canonicalQuantity, formatQuantity, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { ContainerUsage, PodUsage } from "./pod-usage.ts"
import type { Threshold } from "./pressure.ts"
import { amountOf, meanings, type Observations, type StarvedResource } from "./thresholds.ts"

export interface EvictionMessage {
  readonly message: string
  /** For the event, so that programs need not read the text. */
  readonly annotations: Readonly<Record<string, string>>
}

/** How a pod and its event say that it had to go because the node lacked something. */
export function evictionMessage(
  pod: Pod,
  usage: PodUsage | undefined,
  facts: { readonly first: Threshold; readonly observations: Observations },
): EvictionMessage {
  const { resource } = meanings[facts.first.signal]
  const parts = [`The node was low on resource: ${resource}. `, thresholdText(facts.first, facts.observations)]
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

function thresholdText({ amount, signal }: Threshold, observations: Observations): string {
  const observed = observations.get(signal)
  if (observed === undefined) return ""
  const quantity = amount.endsWith("%") ? binary(amountOf(amount, observed.capacity)) : canonicalQuantity(amount)
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
