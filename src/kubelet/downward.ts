/**
 * What pods can learn about themselves, as environment variables and as files of downward API volumes.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */
import type { Container } from "../api/core/v1/container.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { quote } from "../machinery/field/quote.ts"
import {
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  ZERO,
} from "../machinery/quantity/quantity.ts"

export type ResourceList = Readonly<Record<string, string>>

const SUBSCRIPT = /^(.+?)\['(.*)'\]$/s

/**
 * The value of a field such as `metadata.labels['app']` or `status.podIP`. Addresses come from the pod's status, so
 * hand in a pod whose status is current. Throws with Kubernetes' message when there is no such field.
 */
export function podFieldValue(pod: Pod, fieldPath: string): string {
  const [, path, key] = SUBSCRIPT.exec(fieldPath) ?? []
  if (path !== undefined && key !== undefined) {
    if (path === "metadata.annotations") return valueOf(pod.metadata.annotations, key)
    if (path === "metadata.labels") return valueOf(pod.metadata.labels, key)
    throw new Error(`fieldPath ${quote(fieldPath)} does not support subscript`)
  }
  const read = podFields.get(fieldPath)
  if (read === undefined) throw new Error(`unsupported fieldPath: ${fieldPath}`)
  return read(pod)
}

const podFields: ReadonlyMap<string, (pod: Pod) => string> = new Map([
  ["metadata.annotations", ({ metadata }) => formatMap(metadata.annotations)],
  ["metadata.labels", ({ metadata }) => formatMap(metadata.labels)],
  ["metadata.name", ({ metadata }) => metadata.name],
  ["metadata.namespace", ({ metadata }) => metadata.namespace],
  ["metadata.uid", ({ metadata }) => metadata.uid],
  ["spec.nodeName", ({ spec }) => spec.nodeName ?? ""],
  ["spec.serviceAccountName", ({ spec }) => spec.serviceAccountName ?? ""],
  ["status.hostIP", ({ status }) => status.hostIP ?? ""],
  ["status.hostIPs", ({ status }) => (status.hostIPs ?? []).map(({ ip }) => ip ?? "").join(",")],
  ["status.podIP", ({ status }) => status.podIP ?? ""],
  ["status.podIPs", ({ status }) => (status.podIPs ?? []).map(({ ip }) => ip ?? "").join(",")],
] satisfies [string, (pod: Pod) => string][])

function valueOf(map: ResourceList | undefined, key: string): string {
  return map !== undefined && Object.hasOwn(map, key) ? (map[key] ?? "") : ""
}

/** One `key="value"` per line, sorted, without a line break at the end. */
function formatMap(map: ResourceList | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join("\n")
}

/**
 * The value of `limits.cpu`, `requests.memory` and the like, in units of `divisor` (absent or 0: 1), rounded up. A limit
 * that the container lacks is that of the pod, or else what the node has to give. Throws with Kubernetes' message for
 * anything else.
 */
export function containerResourceValue(
  pod: Pod,
  container: Pick<Container, "resources">,
  resource: string,
  divisor: string | undefined,
  nodeAllocatable: ResourceList,
): string {
  const dot = resource.indexOf(".")
  const [list, name] = [resource.slice(0, dot), resource.slice(dot + 1)]
  const supported = name === "cpu" || name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-")
  if ((list !== "limits" && list !== "requests") || !supported) {
    throw new Error(`unsupported container resource : ${resource}`)
  }
  const own = quantityIn(container.resources?.[list], name)
  const fallsBack = list === "limits" && own.unscaled === 0n && !name.startsWith("hugepages-")
  const ofPod = quantityIn(pod.spec.resources?.limits, name)
  const amount = !fallsBack ? own : ofPod.unscaled === 0n ? quantityIn(nodeAllocatable, name) : ofPod
  const unit = divisorOf(divisor)
  const value = name === "cpu" ? quantityMilliValue : quantityValue
  return String(Math.ceil(value(amount) / value(unit)))
}

function quantityIn(list: ResourceList | undefined, name: string): Quantity {
  const text = valueOf(list, name)
  return text === "" ? ZERO : parseQuantity(text)
}

function divisorOf(text: string | undefined): Quantity {
  const given = text === undefined || text === "" ? ZERO : parseQuantity(text)
  return given.unscaled === 0n ? quantityOf(1, "DecimalSI") : given
}

/** The container or init container of that name. Throws with Kubernetes' message when there is none. */
export function findContainer(pod: Pod, name: string): Container {
  const found = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((each) => each.name === name)
  if (found === undefined) throw new Error(`container ${name} not found`)
  return found
}
