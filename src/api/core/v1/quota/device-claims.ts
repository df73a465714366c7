import {
  addQuantities,
  compareQuantities,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from "../../../../machinery/quantity/quantity.ts"
import type { QuantityList } from "../../../../machinery/quantity/quantity-list.ts"
import { DEVICE_CLASS_RESOURCE } from "../../../resource/v1/device-class.ts"
import { EXTENDED_RESOURCE_CLAIM } from "../../../resource/v1/pod-claims.ts"
import { ResourceClaim } from "../../../resource/v1/resource-claim.ts"
import type { Pod } from "../pod.ts"
import { countName, NONE, ONE, type QuotaEvaluator, type QuotaFacts } from "./evaluator.ts"
import { isExtended, podEvaluator } from "./pods.ts"

const OF_CLASS = ".deviceclass.resource.k8s.io/devices"
/** What a request for all devices of a class counts as: the most that one claim can be given. */
const ALL = 32

export const deviceClaimEvaluator: QuotaEvaluator = {
  resource: ResourceClaim,
  handles: ({ subresource }) => subresource === "",
  covers: (name) => name === countName(ResourceClaim) || name.endsWith(OF_CLASS) || isExtended(name),
  matchesScope: () => false,
  usage(object, facts) {
    const usage = new Map<string, Quantity>([[countName(ResourceClaim), ONE]])
    for (const request of (object as ResourceClaim).spec.devices?.requests ?? []) {
      // One of the alternatives will be chosen; each class counts with the most it may have to give.
      const most = new Map<string, Quantity>()
      for (const wanted of request.firstAvailable ?? (request.exactly ? [request.exactly] : [])) {
        const name = `${wanted.deviceClassName}${OF_CLASS}`
        const count = quantityOf(countOf(wanted), "DecimalSI")
        if (compareQuantities(count, most.get(name) ?? NONE) > 0) most.set(name, count)
      }
      for (const [name, count] of most) usage.set(name, addQuantities(usage.get(name) ?? NONE, count))
    }
    return new Map([...usage, ...asExtended(usage, object as ResourceClaim, facts)])
  },
}

/**
 * Devices also count as the extended resources that their classes stand for, as if a pod had asked for those; less what
 * has been counted with the pod that the scheduler has made the claim for.
 */
function asExtended(usage: QuantityList, claim: ResourceClaim, facts: QuotaFacts): Map<string, Quantity> {
  const found = new Map<string, Quantity>()
  const add = (name: string, amount: Quantity) => found.set(name, addQuantities(found.get(name) ?? NONE, amount))
  for (const { metadata, spec } of facts.classes?.() ?? []) {
    const amount = usage.get(`${metadata.name}${OF_CLASS}`)
    if (amount === undefined || !spec.extendedResourceName) continue
    add(`requests.${DEVICE_CLASS_RESOURCE}${metadata.name}`, amount)
    add(`requests.${spec.extendedResourceName}`, amount)
  }
  const pod = found.size === 0 ? undefined : podBehind(claim, facts)
  const counted: QuantityList = pod === undefined ? new Map() : podEvaluator.usage(pod, facts)
  const rest = [...found].map(
    ([name, amount]) => [name, subtractQuantities(amount, counted.get(name) ?? NONE)] as const,
  )
  return new Map(rest.filter(([, amount]) => compareQuantities(amount, NONE) > 0))
}

/** The pod whose extended resources the claim stands for. Of several claims that say so, only one does. */
function podBehind(claim: ResourceClaim, facts: QuotaFacts): Pod | undefined {
  const owner = ownerOf(claim)
  if (owner === undefined) return undefined
  const pod = facts.pod?.(owner.name)
  if (pod === undefined || pod.metadata.uid !== owner.uid) return undefined
  const named = pod.status.extendedResourceClaimStatus?.resourceClaimName
  if (named !== undefined) return named === claim.metadata.name ? pod : undefined
  const isEarlier = ({ metadata }: ResourceClaim) =>
    metadata.creationTimestamp === claim.metadata.creationTimestamp
      ? metadata.name < claim.metadata.name
      : metadata.creationTimestamp < claim.metadata.creationTimestamp
  const others = [...(facts.claims?.() ?? [])].filter((each) => ownerOf(each)?.uid === owner.uid)
  return others.some(isEarlier) ? undefined : pod
}

function ownerOf({ metadata }: ResourceClaim) {
  if (metadata.annotations?.[EXTENDED_RESOURCE_CLAIM] !== "true") return undefined
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  return owner?.kind === "Pod" && owner.apiVersion === "v1" ? owner : undefined
}

function countOf({ allocationMode, count }: { readonly allocationMode?: string; readonly count?: number }): number {
  if (allocationMode === "All") return ALL
  return allocationMode === "ExactCount" ? (count ?? 1) : 0
}
