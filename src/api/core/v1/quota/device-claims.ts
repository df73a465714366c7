import { addQuantities, compareQuantities, type Quantity, quantityOf } from "../../../../machinery/quantity/quantity.ts"
import { ResourceClaim } from "../../../resource/v1/resource-claim.ts"
import { countName, NONE, ONE, type QuotaEvaluator } from "./evaluator.ts"

const OF_CLASS = ".deviceclass.resource.k8s.io/devices"
/** What a request for all devices of a class counts as: the most that one claim can be given. */
const ALL = 32

export const deviceClaimEvaluator: QuotaEvaluator = {
  resource: ResourceClaim,
  handles: ({ subresource }) => subresource === "",
  covers: (name) => name === countName(ResourceClaim) || name.endsWith(OF_CLASS),
  matchesScope: () => false,
  usage(object) {
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
    return usage
  },
}

function countOf({ allocationMode, count }: { readonly allocationMode?: string; readonly count?: number }): number {
  if (allocationMode === "All") return ALL
  return allocationMode === "ExactCount" ? (count ?? 1) : 0
}
