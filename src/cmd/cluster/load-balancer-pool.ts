import { networkInterfaces } from "node:os"
import { UserError } from "../../cli/user-error.ts"
import { type AddressRange, familyOfRange, overlap, parseAddressRange } from "../../machinery/net/address-range.ts"
import { familyOf, hostCidr, parseCidr } from "../../machinery/net/cidr.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { layoutOf } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** Whose addresses no service can have: https://www.iana.org/assignments/iana-ipv4-special-registry/ */
const SPECIAL = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"]

/** Throws when a cluster cannot have its pool of addresses for load balancers next to the other clusters. Pure. */
export function checkPool(record: ClusterRecord, others: readonly ClusterRecord[]): void {
  checkFamilies(record)
  for (const pool of poolsOf(record)) {
    const special = SPECIAL.find((range) => overlap(pool, parseCidr(range)))
    if (special !== undefined) refuse(`${special} has a meaning of its own`)
    for (const other of [record, ...others]) {
      for (const { podCidr, serviceCidr, nodeCidr, loadBalancerPool } of layoutOf(other).ranges) {
        const range = [podCidr, serviceCidr, nodeCidr].find((text) => overlap(pool, parseCidr(text)))
        const theirs = other !== record && overlap(pool, readPool(loadBalancerPool)) ? loadBalancerPool : undefined
        const taken = range ?? theirs
        if (taken !== undefined) refuse(`${taken} belongs to cluster "${other.name}"`)
      }
    }
  }
}

/** Throws when an address of this machine is in the pool: whatever listens there could no longer be reached. */
export function checkPoolAgainstMachine(record: ClusterRecord): void {
  const pools = poolsOf(record)
  for (const [device, addresses = []] of Object.entries(networkInterfaces())) {
    const own = addresses.find(({ address }) => pools.some((pool) => overlap(pool, parseCidr(hostCidr(address)))))
    if (own !== undefined) refuse(`${own.address} is this machine's own, on ${device}`)
  }
}

/** A pool of a family that the cluster does not have would be of no use. */
function checkFamilies(record: ClusterRecord): void {
  const families = layoutOf(record).ranges.map(({ podCidr }) => familyOf(podCidr))
  const given = (record.loadBalancerPool ?? "").split(",").filter((text) => text !== "")
  const useless = given.find((text) => !families.includes(familyOfRange(readPool(text))))
  if (useless !== undefined) refuse(`${useless} is of no use, as the cluster has ${families.join(" and ")} only`)
  if (given.length > new Set(given.map(familyOf)).size) refuse(`found ${given.join()}, expected one of each family`)
}

const poolsOf = (record: ClusterRecord): AddressRange[] =>
  layoutOf(record).ranges.map(({ loadBalancerPool }) => readPool(loadBalancerPool))

function readPool(text: string): AddressRange {
  try {
    return parseAddressRange(text)
  } catch (error) {
    throw new UserError(`--load-balancer-pool: ${messageOf(error)}`, {
      exitCode: 2,
      cause: error,
    })
  }
}

function refuse(reason: string): never {
  throw new UserError(`--load-balancer-pool: ${reason}. Choose other addresses.`)
}
