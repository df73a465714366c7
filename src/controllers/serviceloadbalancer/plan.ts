import { isIP } from "node:net"
import type { Service } from "../../api/core/v1/service.ts"
import { type AddressRange, familyOfRange, formatRange } from "../../machinery/net/address-range.ts"
import { cidrContains, formatAddress, parseAddress } from "../../machinery/net/cidr.ts"

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
  /** One address for each family that the service and a pool have, in the service's order. */
  | { readonly do: "ensure"; readonly addresses: readonly string[] }
  /** `cause`: what is asked for and cannot be had. */
  | { readonly do: "fail"; readonly cause: string }

/**
 * What to do for one service. `pools`: one of each family at most. `isFree`: whether no other service has an address.
 * Pure.
 */
export function plan(service: Service, pools: readonly AddressRange[], isFree: (address: string) => boolean): Step {
  if (needsCleanup(service)) return { do: "release" }
  if (!wantsLoadBalancer(service) || service.metadata.deletionTimestamp) return { do: "nothing" }
  const { loadBalancerIP = "", ipFamilies = ["IPv4"] } = service.spec
  const own = ipFamilies.flatMap((family) => pools.find((pool) => familyOfRange(pool) === family) ?? [])
  const shown = pools.map(formatRange).join(" and ")
  if (own.length === 0) {
    return { do: "fail", cause: `the pool ${shown} has no addresses of the service's family, ${ipFamilies.join()}` }
  }
  if (loadBalancerIP !== "" && !own.some((pool) => contains(pool, loadBalancerIP))) {
    return { do: "fail", cause: `requested IP ${loadBalancerIP} is not in the pool ${shown}` }
  }
  const addresses: string[] = []
  for (const pool of own) {
    const isRequested = loadBalancerIP !== "" && contains(pool, loadBalancerIP)
    if (isRequested && !isFree(loadBalancerIP)) {
      return { do: "fail", cause: `requested IP ${loadBalancerIP} is in use by another service` }
    }
    const present = addressesOf(service).find((address) => contains(pool, address) && isFree(address))
    const address = isRequested ? loadBalancerIP : (present ?? nextFree(pool, isFree))
    if (address === undefined) {
      const size = pool.last - pool.first + 1n
      return { do: "fail", cause: `all ${size} addresses of the pool ${formatRange(pool)} are in use` }
    }
    addresses.push(address)
  }
  return { do: "ensure", addresses }
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

/** What the status says when the service has the addresses. */
export function statusFor(addresses: readonly string[]): { readonly ingress: readonly Ingress[] } {
  return { ingress: addresses.map((ip) => ({ ip, ipMode: "VIP" })) }
}

function contains(pool: AddressRange, address: string): boolean {
  return isIP(address) !== 0 && cidrContains(pool, parseAddress(address))
}

function nextFree({ first, last }: AddressRange, isFree: (address: string) => boolean): string | undefined {
  for (let number = first; number <= last; number++) {
    const address = formatAddress(number)
    if (isFree(address)) return address
  }
  return undefined
}
