import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
} from "../../../../machinery/quantity/quantity.ts"
import { equalQuantities, parseQuantities, type QuantityList } from "../../../../machinery/quantity/quantity-list.ts"
import { DEVICE_CLASS_RESOURCE } from "../../../resource/v1/device-class.ts"
import { Pod } from "../pod.ts"
import { type Arithmetic, podTotal } from "../pod-resources.ts"
import { countName, ONE, type QuotaEvaluator } from "./evaluator.ts"
import { isTerminating, podMatchesScope } from "./scopes.ts"

export const QUANTITIES: Arithmetic<Quantity> = {
  parse: (_resource, text) => parseQuantity(text),
  add: addQuantities,
  larger: (left, right) => (compareQuantities(left, right) < 0 ? right : left),
  isZero: ({ unscaled }) => unscaled === 0n,
}

const NAMES = new Set([
  countName(Pod),
  "pods",
  ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** Under a quota of these every container has to say how much it wants. */
const MUST_BE_STATED = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"]

/** Names with a domain of their own are somebody's; those of Kubernetes' domain are native. */
const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/")

export const isExtended = (name: string): boolean =>
  name.startsWith("requests.") && (!isNative(name) || name.startsWith(`requests.${DEVICE_CLASS_RESOURCE}`))

/** Pods count while they have not ended; what is stuck after its grace period is no longer held against anybody. */
function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status.phase === "Failed" || status.phase === "Succeeded") return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

export const podEvaluator: QuotaEvaluator = {
  resource: Pod,
  handles({ operation, subresource, object, old }) {
    if (subresource === "resize") return operation === "UPDATE"
    if (subresource !== "") return false
    return operation === "CREATE" || (old !== undefined && isTerminating(object as Pod) !== isTerminating(old as Pod))
  },
  covers: (name) =>
    NAMES.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-") || isExtended(name),
  matchesScope: (requirement, object) => podMatchesScope(requirement, object as Pod),
  objection: (names, object) => objection(names, object as Pod),
  usage(object, { nowMs }) {
    const pod = object as Pod
    const count = [countName(Pod), ONE] as const
    if (!isCharged(pod, nowMs)) return new Map([count])
    const requests = podTotal(pod, "requests", QUANTITIES)
    return new Map([count, ...computeUsage(requests, podTotal(pod, "limits", QUANTITIES))])
  },
  frees(object, old, facts) {
    const { nowMs } = facts
    const [now, before] = [object as Pod, old as Pod]
    if (isTerminating(now) !== isTerminating(before)) return true
    if (isCharged(before, nowMs) && !isCharged(now, nowMs)) return true
    return !equalQuantities(this.usage(now, facts), this.usage(before, facts))
  },
}

function computeUsage(requests: QuantityList, limits: QuantityList): Map<string, Quantity> {
  const usage = new Map<string, Quantity>([["pods", ONE]])
  for (const [name, amount] of requests) {
    const isOwn = ["cpu", "memory", "ephemeral-storage"].includes(name) || name.startsWith("hugepages-")
    if (isOwn) usage.set(name, amount)
    if (isOwn || !isNative(name) || name.startsWith(DEVICE_CLASS_RESOURCE)) usage.set(`requests.${name}`, amount)
  }
  for (const name of ["cpu", "memory", "ephemeral-storage"]) {
    const limit = limits.get(name)
    if (limit !== undefined) usage.set(`limits.${name}`, limit)
  }
  return usage
}

function objection(names: readonly string[], { spec }: Pod): string | undefined {
  if (spec.resources?.requests !== undefined || spec.resources?.limits !== undefined) return undefined
  const required = MUST_BE_STATED.filter((name) => names.includes(name))
  const missing = required.flatMap((name) => {
    const silent = [...spec.containers, ...(spec.initContainers ?? [])].filter(({ resources }) => {
      const { requests, limits } = resources ?? {}
      return !computeUsage(parseQuantities(requests), parseQuantities(limits)).has(name)
    })
    if (silent.length === 0) return []
    const containers = [...new Set(silent.map((container) => container.name))].sort().join(",")
    return [`${name} for: ${containers}`]
  })
  return missing.length === 0 ? undefined : `must specify ${missing.join("; ")}`
}
