import { networkInterfaces } from "node:os"
import { UserError } from "../../cli/user-error.ts"
import { type AddressRange, overlap, parseAddressRange } from "../../machinery/net/address-range.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { layoutOf } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** Whose addresses no service can have: https://www.iana.org/assignments/iana-ipv4-special-registry/ */
const SPECIAL = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"]

/** Throws when a cluster cannot have its pool of addresses for load balancers next to the other clusters. Pure. */
export function checkPool(record: ClusterRecord, others: readonly ClusterRecord[]): void {
  const pool = readPool(layoutOf(record).loadBalancerPool)
  const special = SPECIAL.find((range) => overlap(pool, parseCidr(range)))
  if (special !== undefined) refuse(`${special} has a meaning of its own`)
  for (const other of [record, ...others]) {
    const { podCidr, serviceCidr, nodeCidr, loadBalancerPool } = layoutOf(other)
    const ranges = [podCidr, serviceCidr, nodeCidr].find((text) => overlap(pool, parseCidr(text)))
    const pools = other !== record && overlap(pool, readPool(loadBalancerPool)) ? loadBalancerPool : undefined
    const taken = ranges ?? pools
    if (taken !== undefined) refuse(`${taken} belongs to cluster "${other.name}"`)
  }
}

/** Throws when an address of this machine is in the pool: whatever listens there could no longer be reached. */
export function checkPoolAgainstMachine(record: ClusterRecord): void {
  const pool = readPool(layoutOf(record).loadBalancerPool)
  for (const [device, addresses = []] of Object.entries(networkInterfaces())) {
    const own = addresses.find(({ family, address }) => family === "IPv4" && overlap(pool, parseCidr(`${address}/32`)))
    if (own !== undefined) refuse(`${own.address} is this machine's own, on ${device}`)
  }
}

function readPool(text: string): AddressRange {
  try {
    return parseAddressRange(text)
  } catch (error) {
    throw new UserError(`--load-balancer-pool: ${error instanceof Error ? error.message : String(error)}`, {
      exitCode: 2,
      cause: error,
    })
  }
}

function refuse(reason: string): never {
  throw new UserError(`--load-balancer-pool: ${reason}. Choose other addresses.`)
}
