import { isIPv4 } from "node:net"
import type { Service } from "../../api/core/v1/service.ts"
import type { AddressRange } from "../../machinery/net/address-range.ts"
import { formatRange } from "../../machinery/net/address-range.ts"
import { formatIpv4, parseIpv4 } from "../../machinery/net/cidr.ts"

/** Keeps a service until its load balancer is gone. https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#garbage-collecting-load-balancers */
export const CLEANUP_FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
/** The class of load balancers that are addresses of the cluster's own pool. Services without a class get one too. */
export const POOL_CLASS = "gantry.dev/pool"

export type LoadBalancerStatus = NonNullable<Service["status"]["loadBalancer"]>
type Ingress = NonNullable<LoadBalancerStatus["ingress"]>[number]

export type Step =
  /** None of our business, or none left. */
  | { readonly do: "nothing" }
  | { readonly do: "release" }
  | { readonly do: "ensure"; readonly address: string }
  /** `cause`: what is asked for and cannot be had. */
  | { readonly do: "fail"; readonly cause: string }

/** What to do for one service. `isFree`: whether no other service has an address. Pure. */
export function plan(service: Service, pool: AddressRange, isFree: (address: string) => boolean): Step {
  if (needsCleanup(service)) return { do: "release" }
  if (!wantsLoadBalancer(service) || service.metadata.deletionTimestamp) return { do: "nothing" }
  const { loadBalancerIP = "", ipFamilies } = service.spec
  if (ipFamilies !== undefined && !ipFamilies.includes("IPv4")) {
    return { do: "fail", cause: `the pool ${formatRange(pool)} has IPv4 addresses only, and the service is IPv6 only` }
  }
  if (loadBalancerIP !== "") return planRequested(loadBalancerIP, pool, isFree)
  const present = addressesOf(service).find((address) => contains(pool, address) && isFree(address))
  const address = present ?? nextFree(pool, isFree)
  if (address !== undefined) return { do: "ensure", address }
  const size = pool.last - pool.first + 1
  return { do: "fail", cause: `all ${size} addresses of the pool ${formatRange(pool)} are in use` }
}

function planRequested(address: string, pool: AddressRange, isFree: (address: string) => boolean): Step {
  if (!contains(pool, address)) {
    return { do: "fail", cause: `requested IP ${address} is not in the pool ${formatRange(pool)}` }
  }
  if (!isFree(address)) return { do: "fail", cause: `requested IP ${address} is in use by another service` }
  return { do: "ensure", address }
}

function wantsLoadBalancer({ spec }: Service): boolean {
  return spec.type === "LoadBalancer" && isOurClass(spec.loadBalancerClass)
}

/** Whether there may be a load balancer of ours that nobody wants any more. */
function needsCleanup({ metadata, spec }: Service): boolean {
  if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) return false
  if (spec.type !== "LoadBalancer") return true
  return metadata.deletionTimestamp !== undefined && isOurClass(spec.loadBalancerClass)
}

const isOurClass = (name: string | undefined): boolean => name === undefined || name === POOL_CLASS

/** The addresses that a service holds, whoever gave them. */
export function addressesOf({ status }: Service): readonly string[] {
  return (status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
}

/** What the status says when the service has the address. */
export function statusFor(address: string): { readonly ingress: readonly Ingress[] } {
  return { ingress: [{ ip: address, ipMode: "VIP" }] }
}

function contains({ first, last }: AddressRange, address: string): boolean {
  if (!isIPv4(address)) return false
  const number = parseIpv4(address)
  return number >= first && number <= last
}

function nextFree({ first, last }: AddressRange, isFree: (address: string) => boolean): string | undefined {
  for (let number = first; number <= last; number++) {
    const address = formatIpv4(number)
    if (isFree(address)) return address
  }
  return undefined
}
