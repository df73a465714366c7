import { sortedKeys } from "../../../machinery/json/key-order.ts"
import type { Quantity } from "../../../machinery/quantity/quantity.ts"
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  ZERO,
} from "../../../machinery/quantity/quantity.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { Container } from "./container.ts"
import type { PodDraft } from "./pod-object.ts"
import { isPodLevelResource } from "./pod-resources.ts"
import type { PodSpec } from "./pod-spec.ts"
import type { PodStatus } from "./pod-status.ts"
import { type ResourceList, roundToMilli } from "./resource-list.ts"

/** Defaults of every pod spec, also in templates. */
export function defaultPodSpec(spec: Draft<PodSpec>): void {
  // An old name of the same field: what a client reads back has both.
  spec.serviceAccountName ||= spec.serviceAccount
  syncServiceAccount(spec)
  roundToMilli(spec.overhead)
}

/** The old name follows the new one. Needed after everything that may set the account, such as admission. */
export function syncServiceAccount(spec: Draft<PodSpec>): void {
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  else {
    delete spec.serviceAccountName
    delete spec.serviceAccount
  }
}

/** Defaults that only pods get, not the templates they are made from. */
export function defaultPod({ metadata, spec }: PodDraft): void {
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) requestWhatIsLimited(container)
  defaultPodLimits(spec)
  defaultPodRequests(spec)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) {
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
    }
  }
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1
  dropInitContainerAnnotations(metadata)
}

/** The single address is an old name of the first in the list; when they differ, the old client is right. */
export function syncPodIps(status: Draft<PodStatus>): void {
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }]
  else if (status.podIPs?.[0]) status.podIP = status.podIPs[0].ip
}

const OLD_INIT_ANNOTATIONS = [
  "pod.beta.kubernetes.io/init-containers",
  "pod.alpha.kubernetes.io/init-containers",
  "pod.beta.kubernetes.io/init-container-statuses",
  "pod.alpha.kubernetes.io/init-container-statuses",
]

function dropInitContainerAnnotations({ annotations }: PodDraft["metadata"]): void {
  if (annotations !== undefined) for (const key of OLD_INIT_ANNOTATIONS) delete annotations[key]
}

function requestWhatIsLimited({ resources }: Draft<Container>): void {
  const { limits } = resources
  if (limits === undefined || Object.keys(limits).length === 0) return
  const requests = resources.requests ?? nullPrototype()
  for (const [name, limit] of Object.entries(limits)) requests[name] ??= limit
  resources.requests = inOrder(requests)
}

type Amounts = Map<string, Quantity>
type Draftable = { [name: string]: string }
const nullPrototype = (): Draftable => Object.create(null) as Draftable

/** Maps are kept in the order of their keys. */
function inOrder(list: Draftable): Draftable {
  const ordered = nullPrototype()
  for (const name of sortedKeys(list)) ordered[name] = list[name] ?? ""
  return ordered
}

/** Where a pod states resources as a whole, its huge page limits are at least what its containers may use together. */
function defaultPodLimits(spec: Draft<PodSpec>): void {
  const { resources } = spec
  if (resources === undefined || (isEmpty(resources.limits) && isEmpty(resources.requests))) return
  const limits = resources.limits ?? nullPrototype()
  for (const [name, amount] of aggregate(spec, "limits")) {
    if (!name.startsWith("hugepages-") || resources.requests?.[name] !== undefined) continue
    limits[name] ??= formatQuantity(amount)
  }
  if (!isEmpty(limits)) resources.limits = inOrder(limits)
}

function defaultPodRequests(spec: Draft<PodSpec>): void {
  const { resources } = spec
  if (resources === undefined || isEmpty(resources.limits)) return
  const requests = resources.requests ?? nullPrototype()
  for (const [name, amount] of aggregate(spec, "requests")) {
    if (name === "cpu" || name === "memory") requests[name] ??= formatQuantity(amount)
  }
  for (const [name, limit] of Object.entries(resources.limits ?? {})) {
    if (isPodLevelResource(name)) requests[name] ??= limit
  }
  if (!isEmpty(requests)) resources.requests = inOrder(requests)
}

const isEmpty = (list: Draftable | undefined) => list === undefined || Object.keys(list).length === 0

type Spec = Pick<PodSpec, "containers" | "initContainers">

/** What all containers take together, or what a moment of the start takes where that is more. */
export function aggregate({ containers, initContainers = [] }: Spec, side: "requests" | "limits"): Amounts {
  const total: Amounts = new Map()
  for (const { resources } of containers) addTo(total, resources[side])
  const sidecars: Amounts = new Map()
  const starting: Amounts = new Map()
  for (const { resources, restartPolicy } of initContainers) {
    const moment = new Map(sidecars)
    addTo(moment, resources[side])
    if (restartPolicy === "Always") {
      addTo(total, resources[side])
      addTo(sidecars, resources[side])
    }
    raiseTo(starting, moment)
  }
  raiseTo(total, starting)
  return total
}

function addTo(total: Amounts, list: ResourceList | undefined): void {
  for (const [name, text] of Object.entries(list ?? {})) {
    total.set(name, addQuantities(total.get(name) ?? ZERO, parseQuantity(text)))
  }
}

function raiseTo(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const current = total.get(name)
    if (current === undefined || compareQuantities(current, amount) < 0) total.set(name, amount)
  }
}
