import { LimitRange, type LimitRangeItem } from "../../../api/core/v1/limit-range.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { podTotal } from "../../../api/core/v1/pod-resources.ts"
import { QUANTITIES } from "../../../api/core/v1/quota/pods.ts"
import { aggregateMessages } from "../../../machinery/field/error.ts"
import { sortedKeys } from "../../../machinery/json/key-order.ts"
import { emptyMap } from "../../../machinery/patch/structure.ts"
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
} from "../../../machinery/quantity/quantity.ts"
import { parseQuantities, type QuantityList } from "../../../machinery/quantity/quantity-list.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/**
 * Gives containers the resources that a namespace's limit ranges foresee, and refuses pods and claims outside of them.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  const rangesFor = (request: AdmissionRequest) => {
    if (!concerns(request) || request.old?.metadata.deletionTimestamp !== undefined) return []
    return reader.list(LimitRange, request.namespace)
  }
  return {
    name: "LimitRanger",
    resources: [Pod, PersistentVolumeClaim],
    mutate(request) {
      if (!isResource(request, Pod)) return
      for (const { spec } of rangesFor(request)) setDefaults(request.object as unknown as Draft<Pod>, spec.limits)
    },
    validate(request) {
      for (const { spec } of rangesFor(request)) {
        const broken = isResource(request, Pod)
          ? brokenByPod(request.object as unknown as Pod, spec.limits)
          : brokenByClaim(request.object as unknown as PersistentVolumeClaim, spec.limits)
        if (broken.length > 0) throw refusal(request, aggregateMessages(broken))
      }
    },
  }
}

/** The containers of a pod only change when it is resized. */
function concerns(request: AdmissionRequest): boolean {
  const { operation, subresource } = request
  if (isResource(request, Pod)) {
    return operation === "CREATE" ? subresource === "" : operation === "UPDATE" && subresource === "resize"
  }
  return isResource(request, PersistentVolumeClaim) && subresource === "" && operation !== "DELETE"
}

const ANNOTATION = "kubernetes.io/limit-ranger"

function setDefaults({ spec, metadata }: Draft<Pod>, limits: readonly LimitRangeItem[]): void {
  const ofContainers = limits.filter(({ type }) => type === "Container")
  const requests = Object.assign(emptyMap<string>(), ...ofContainers.map((each) => each.defaultRequest))
  const most = Object.assign(emptyMap<string>(), ...ofContainers.map((each) => each.default))
  const changes: string[] = []
  const complete = (container: Draft<Pod>["spec"]["containers"][number], title: string): void => {
    const set = (which: "requests" | "limits", defaults: Readonly<Record<string, string>>, word: string): void => {
      const missing = sortedKeys(defaults).filter((name) => container.resources?.[which]?.[name] === undefined)
      if (missing.length === 0) return
      container.resources ??= {}
      const list = (container.resources[which] ??= emptyMap())
      for (const name of missing) list[name] = defaults[name] ?? "0"
      changes.push(`${missing.join(", ")} ${word} for ${title} ${container.name}`)
    }
    set("requests", requests, "request")
    set("limits", most, "limit")
  }
  for (const container of spec.containers) complete(container, "container")
  for (const container of spec.initContainers ?? []) complete(container, "init container")
  if (changes.length === 0) return
  metadata.annotations ??= emptyMap()
  metadata.annotations[ANNOTATION] = `LimitRanger plugin set: ${changes.join("; ")}`
}

function brokenByPod(pod: Pod, limits: readonly LimitRangeItem[]): readonly string[] {
  return limits.flatMap((item) => {
    if (item.type === "Container") {
      return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap(({ resources }) =>
        broken(item, parseQuantities(resources?.requests), parseQuantities(resources?.limits)),
      )
    }
    if (item.type !== "Pod") return []
    const options = { specOnly: true }
    return broken(item, podTotal(pod, "requests", QUANTITIES, options), podTotal(pod, "limits", QUANTITIES, options))
  })
}

function brokenByClaim({ spec }: PersistentVolumeClaim, limits: readonly LimitRangeItem[]): readonly string[] {
  const requests = parseQuantities(spec.resources?.requests)
  return limits
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => [
      ...bounds(item.min, (name, bound) => belowMinimum(item.type, name, bound, requests, new Map())),
      ...bounds(item.max, (name, bound) => aboveMaximum(item.type, name, bound, requests)),
    ])
}

function broken(item: LimitRangeItem, requests: QuantityList, limits: QuantityList): readonly string[] {
  return [
    ...bounds(item.min, (name, bound) => belowMinimum(item.type, name, bound, requests, limits)),
    ...bounds(item.max, (name, bound) => aboveMaximum(item.type, name, bound, requests, limits)),
    ...bounds(item.maxLimitRequestRatio, (name, bound) => beyondRatio(item.type, name, bound, requests, limits)),
  ]
}

function bounds(
  list: Readonly<Record<string, string>> | undefined,
  check: (name: string, bound: Quantity) => string | undefined,
): readonly string[] {
  return sortedKeys(list ?? {})
    .map((name) => check(name, parseQuantity(list?.[name] ?? "0")))
    .filter((message) => message !== undefined)
}

function belowMinimum(type: string, name: string, bound: Quantity, requests: QuantityList, limits: QuantityList) {
  const [request, limit] = [requests.get(name), limits.get(name)]
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${formatQuantity(request)}`
  if (limit !== undefined && compareQuantities(limit, bound) < 0)
    return `${rule}, but limit is ${formatQuantity(limit)}`
  return undefined
}

/** Without limits, for claims, the request is what counts. */
function aboveMaximum(type: string, name: string, bound: Quantity, requests: QuantityList, limits?: QuantityList) {
  const [request, limit] = [requests.get(name), limits?.get(name)]
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`
  if (limits !== undefined) {
    if (limit === undefined) return `${rule}.  No limit is specified`
    if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`
  } else if (request === undefined) return `${rule}.  No request is specified`
  if (request !== undefined && compareQuantities(request, bound) > 0) {
    return `${rule}, but request is ${formatQuantity(request)}`
  }
  return undefined
}

function beyondRatio(type: string, name: string, bound: Quantity, requests: QuantityList, limits: QuantityList) {
  const [request, limit] = [requests.get(name), limits.get(name)]
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`
  if (request === undefined || request.unscaled === 0n) return `${rule}, but no request is specified or request is 0`
  if (limit === undefined || limit.unscaled === 0n) return `${rule}, but no limit is specified or limit is 0`
  const ratio = quantityMilliValue(limit) / quantityMilliValue(request)
  return ratio * 1000 > quantityMilliValue(bound) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}
