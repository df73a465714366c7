import { type Quantity, quantityOf } from "../../../../machinery/quantity/quantity.ts"
import type { QuantityList } from "../../../../machinery/quantity/quantity-list.ts"
import type { AnyResource, KubeObject } from "../../../../machinery/schema/resource.ts"
import type { DeviceClass } from "../../../resource/v1/device-class.ts"
import type { ResourceClaim } from "../../../resource/v1/resource-claim.ts"
import type { Pod } from "../pod.ts"
import type { ScopedResourceSelectorRequirement } from "../resource-quota.ts"

/** How the objects of one kind count against quotas. https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
export interface QuotaEvaluator {
  readonly resource: AnyResource
  /** Whether this change can alter what is used. */
  handles(change: QuotaChange): boolean
  /** Which names of a quota are about this kind. */
  covers(name: string): boolean
  matchesScope(requirement: ScopedResourceSelectorRequirement, object: KubeObject): boolean
  /** Why an object may not exist under a quota with these names, whatever is left of it. */
  objection?(names: readonly string[], object: KubeObject): string | undefined
  usage(object: KubeObject, facts: QuotaFacts): QuantityList
  /** Whether an update frees something, so that the use must be counted anew. */
  frees?(object: KubeObject, old: KubeObject, facts: QuotaFacts): boolean
}

/** What the use of an object depends on besides itself. */
export interface QuotaFacts {
  readonly nowMs: number
  /** Device classes. Absent: nothing of devices is counted as extended resources. */
  readonly classes?: () => Iterable<DeviceClass>
  /** Of the object's namespace. */
  readonly pod?: (name: string) => Pod | undefined
  /** Of the object's namespace. */
  readonly claims?: () => Iterable<ResourceClaim>
}

/** A change that is about to be made. */
export interface QuotaChange {
  readonly operation: "CREATE" | "UPDATE"
  readonly subresource: string
  readonly object: KubeObject
  /** What is stored now. Absent for creations. */
  readonly old: KubeObject | undefined
}

export const ONE: Quantity = quantityOf(1, "DecimalSI")
export const NONE: Quantity = quantityOf(0, "DecimalSI")

/** `count/deployments.apps` */
export function countName({ group, plural }: AnyResource): string {
  return group === "" ? `count/${plural}` : `count/${plural}.${group}`
}

/** Names from before there were `count/` names. */
const ALIASES = new Map([
  ["configmaps", "configmaps"],
  ["resourcequotas", "resourcequotas"],
  ["replicationcontrollers", "replicationcontrollers"],
  ["secrets", "secrets"],
])

/** Counts the objects of any kind. */
export function objectCounter(resource: AnyResource): QuotaEvaluator {
  const alias = resource.group === "" ? ALIASES.get(resource.plural) : undefined
  const names = [countName(resource), ...(alias === undefined ? [] : [alias])]
  const usage: QuantityList = new Map(names.map((name) => [name, ONE]))
  return {
    resource,
    handles: ({ operation, subresource }) => operation === "CREATE" && subresource === "",
    covers: (name) => names.includes(name),
    matchesScope: () => false,
    usage: () => usage,
  }
}
