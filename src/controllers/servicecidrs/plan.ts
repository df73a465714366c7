import type { IPAddress } from "../../api/networking/v1/ip-address.ts"
import type { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { type Cidr, cidrContains, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"

/** https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/ */
export const FINALIZER = "networking.k8s.io/service-cidr-finalizer"
/** So long after the wish to delete, all servers know of it and take no more addresses from the ranges. */
const GRACE_MS = 10_000

export type Step =
  /** The ranges may go, once so much time has passed. */
  | { readonly do: "release"; readonly afterMs: number }
  /** The finalizer, if it is missing, and the condition. */
  | { readonly do: "protect" }
  | { readonly do: "report"; readonly status: "True" | "False"; readonly reason: string; readonly message: string }

const READY = { do: "report", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" } as const
const BLOCKED = {
  do: "report",
  status: "False",
  reason: "Terminating",
  message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
} as const

/** What is to be done for some ranges. `addresses` are those that services have. */
export function plan(
  range: ServiceCIDR,
  all: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
  deletedForMs: number,
): readonly Step[] {
  const { deletionTimestamp, finalizers = [] } = range.metadata
  const isProtected = finalizers.includes(FINALIZER)
  if (deletionTimestamp === undefined) return [...(isProtected ? [] : [{ do: "protect" } as const]), READY]
  if (!isProtected) return []
  if (isNeeded(range, all, addresses)) return [BLOCKED]
  return [{ do: "release", afterMs: Math.max(0, GRACE_MS - deletedForMs) }]
}

/** Whether an address would be left without a range. */
function isNeeded(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const own = rangesOf(range)
  const others = all.filter(({ metadata }) => metadata.name !== range.metadata.name).flatMap(rangesOf)
  const isInside = (inner: Cidr) => others.some(({ first, last }) => first <= inner.first && inner.last <= last)
  if (own.every(isInside)) return false
  return addresses.some(({ metadata }) => {
    const address = parseAddress(metadata.name)
    return own.some((one) => cidrContains(one, address)) && !others.some((one) => cidrContains(one, address))
  })
}

function rangesOf({ spec }: ServiceCIDR): readonly Cidr[] {
  return (spec.cidrs ?? []).map(parseCidr)
}
