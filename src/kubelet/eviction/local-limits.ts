import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { quote } from "../../machinery/field/quote.ts"
import {
  canonicalQuantity,
  formatQuantity,
  parseQuantity,
  quantityOf,
  quantityValue,
} from "../../machinery/quantity/quantity.ts"
import { podLimits } from "../resources/pod-resources.ts"
import { diskOf, type PodUsage } from "./pod-usage.ts"

const storage = "ephemeral-storage"

/** Whether the pod's use of local disk has to be watched at all. */
export function hasLocalLimits(pod: Pod): boolean {
  const sized = (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined)
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return sized || containers.some(({ resources }) => resources?.limits?.[storage] !== undefined)
}

/** A limit that is exceeded: how metrics count it, and what the pod's status and event say. */
export interface Excess {
  readonly signal: "emptydirfs.limit" | "ephemeralpodfs.limit" | "ephemeralcontainerfs.limit"
  readonly message: string
}

/**
 * Why a pod must go because it takes more local disk than it, or a part of it, may; undefined when it keeps its limits.
 * https://kubernetes.io/docs/concepts/storage/ephemeral-storage/#resource-emphemeralstorage-consumption
 */
export function exceededLimit(pod: Pod, usage: PodUsage): Excess | undefined {
  return emptyDirExceeded(pod, usage) ?? podExceeded(pod, usage) ?? containerExceeded(pod, usage)
}

function emptyDirExceeded(pod: Pod, usage: PodUsage): Excess | undefined {
  for (const { emptyDir, name } of pod.spec.volumes ?? []) {
    const used = usage.volumes.find((volume) => volume.name === name)
    if (emptyDir?.sizeLimit === undefined || used === undefined) continue
    const limit = quantityValue(parseQuantity(emptyDir.sizeLimit))
    if (limit <= 0 || used.bytes <= limit) continue
    const text = quote(canonicalQuantity(emptyDir.sizeLimit))
    const message = `Usage of EmptyDir volume ${quote(name)} exceeds the limit ${text}. `
    return { signal: "emptydirfs.limit", message }
  }
  return undefined
}

function podExceeded(pod: Pod, usage: PodUsage): Excess | undefined {
  const limit = podLimits(pod).get(storage)
  if (limit === undefined || diskOf(usage).bytes <= limit) return undefined
  const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(pod, limit)}. `
  return { signal: "ephemeralpodfs.limit", message }
}

/** In the words of the one container that has a limit; a sum is written in the shortest form. */
function limitText(pod: Pod, limit: number): string {
  const texts = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap(
    ({ resources }) => resources?.limits?.[storage] ?? [],
  )
  const format = parseQuantity(texts[0] ?? "0").format
  return formatQuantity(quantityOf(limit, format))
}

function containerExceeded(pod: Pod, usage: PodUsage): Excess | undefined {
  for (const { name, resources } of pod.spec.containers) {
    const text = resources?.limits?.[storage]
    const limit = amountsOf(resources?.limits).get(storage) ?? 0
    const used = usage.containers.find((container) => container.name === name)
    if (text === undefined || limit === 0 || used === undefined) continue
    if (used.logs.bytes + used.written.bytes <= limit) continue
    const message = `Container ${name} exceeded its local ephemeral storage limit ${quote(canonicalQuantity(text))}. `
    return { signal: "ephemeralcontainerfs.limit", message }
  }
  return undefined
}
