import { NODE_BITS } from "../../controllers/nodeipam/plan.ts"
import { bitsOf, familyOf, formatAddress, formatCidr, type IpFamily, parseCidr } from "../../machinery/net/cidr.ts"
import type { ClusterRecord } from "./record.ts"

/** A cluster's addresses of one family. */
export interface ClusterRanges {
  readonly podCidr: string
  readonly serviceCidr: string
  /** Range of the nodes' own addresses, where they live in network namespaces. */
  readonly nodeCidr: string
  /** Of the bridge for services, where plugins wire the pods. */
  readonly servicesAddress: string
  /** Addresses for services of type LoadBalancer: a CIDR block, or `FIRST-LAST`. */
  readonly loadBalancerPool: string
}

/** What a cluster has unless it is given other ranges: no two clusters of a machine have the same. */
export function slotRanges(slot: number): Readonly<Record<IpFamily, ClusterRanges>> {
  const [pods, services] = [244 - slot, 96 + slot]
  return {
    IPv4: {
      podCidr: `10.${pods}.0.0/16`,
      serviceCidr: `10.${services}.0.0/16`,
      nodeCidr: `10.89.${slot}.0/24`,
      servicesAddress: `10.89.${slot}.254`,
      loadBalancerPool: `10.90.${slot}.0/24`,
    },
    IPv6: {
      podCidr: `fd00:10:${pods}::/48`,
      serviceCidr: `fd00:10:${services}::/112`,
      nodeCidr: `fd00:10:89:${slot}::/64`,
      servicesAddress: `fd00:10:89:${slot}::fe`,
      loadBalancerPool: `fd00:10:90:${slot}::/112`,
    },
  }
}

/** One, or one of each family; the first is of the family that is meant where only one counts. */
export function rangesOf(
  record: Pick<ClusterRecord, "slot" | "ipFamilies" | "podCidr" | "serviceCidr" | "loadBalancerPool">,
): readonly ClusterRanges[] {
  const slot = slotRanges(record.slot)
  const given = (text: string | undefined, family: IpFamily) =>
    text?.split(",").find((range) => familyOf(range) === family)
  const { ipFamilies = familiesIn(record.podCidr ?? record.serviceCidr ?? slot.IPv4.podCidr) } = record
  return (ipFamilies.split(",") as IpFamily[]).map((family) => {
    return {
      ...slot[family],
      podCidr: given(record.podCidr, family) ?? slot[family].podCidr,
      serviceCidr: given(record.serviceCidr, family) ?? slot[family].serviceCidr,
      loadBalancerPool: given(record.loadBalancerPool, family) ?? slot[family].loadBalancerPool,
    }
  })
}

/** Of ranges, `a,b`: the families, `IPv4,IPv6`. */
export const familiesIn = (ranges: string): string => ranges.split(",").map(familyOf).join()

/** The pod range of the node in that place. Throws `RangeError` when the cluster's range has none for it. */
export function nodeRange(podCidr: string, index: number): string {
  const { first: lowest, last, prefixLength } = parseCidr(podCidr)
  const family = familyOf(podCidr)
  const bits = Math.max(NODE_BITS[family], prefixLength)
  const size = 1n << BigInt(bitsOf(family) - bits)
  const first = lowest + BigInt(index) * size
  if (first > last) throw new RangeError(`${podCidr} has no range for node ${index + 1}`)
  return formatCidr({ first, last: first + size - 1n, prefixLength: bits })
}

/** The address in that place of a range. */
export const addressIn = (cidr: string, place: number): string => formatAddress(parseCidr(cidr).first + BigInt(place))
