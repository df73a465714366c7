import { isIPv4 } from "node:net"
import { IPAddress, isOfService } from "../../api/networking/v1/ip-address.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { cidrContains, formatIpv4, parseCidr } from "../../machinery/net/cidr.ts"
import type { Random } from "../../platform/random.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { Grants } from "./grants.ts"
import { keptForRequests, Pool } from "./pool.ts"

/** One range of addresses; without the network's own address and the broadcast address. */
class RangePool extends Pool {
  readonly text: string

  constructor(text: string, random: Pick<Random, "int">, taken: Set<number>) {
    const { first, last } = parseCidr(text)
    super(first + 1, last - 1, keptForRequests(last - first + 1, 16, 256), random, taken)
    this.text = text
  }
}

/**
 * The addresses of services, from the ranges that the ServiceCIDR objects name. An address counts as taken when a
 * service has it, or when somebody has made an IPAddress object for it.
 * https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
export class ServiceRangePools {
  readonly #reader: ObjectReader
  readonly #standard: string
  readonly #random: Pick<Random, "int">
  readonly #taken = new Set<number>()
  readonly #pools = new Map<string, RangePool>()

  /** `standard`: the range while there is no ServiceCIDR object. */
  constructor(reader: ObjectReader, standard: string, random: Pick<Random, "int">) {
    this.#reader = reader
    this.#standard = standard
    this.#random = random
  }

  /** A service has had it before this server started. */
  restore(address: number): void {
    this.#taken.add(address)
  }

  /** The pool in whose range an address lies. */
  poolOf(address: number): RangePool | undefined {
    return this.#usable().find(({ text }) => cidrContains(parseCidr(text), address))
  }

  /** False when somebody else has it. */
  take(grants: Grants, address: number): boolean {
    const pool = this.poolOf(address)
    return pool !== undefined && !this.#isClaimed(address) && grants.take(pool, address)
  }

  /** Any free address; undefined when there is none. */
  takeNext(grants: Grants): number | undefined {
    const isFree = (address: number) => !this.#isClaimed(address)
    for (const pool of this.#usable()) {
      const address = grants.takeNext(pool, isFree)
      if (address !== undefined) return address
    }
    return undefined
  }

  release(grants: Grants, address: number): void {
    // All pools share what is taken, so any of them can give it back, also when the address's own range has gone.
    grants.release(this.#poolFor(this.#standard), address)
  }

  /** Whether an object says that somebody has the address although no service has it. */
  #isClaimed(address: number): boolean {
    const object = this.#reader.get(IPAddress, "", formatIpv4(address))
    return object !== undefined && !isOfService(object)
  }

  #usable(): readonly RangePool[] {
    const objects = this.#reader.list(ServiceCIDR, "")
    const texts =
      objects.length === 0 ? [this.#standard] : objects.filter(isUsable).flatMap(({ spec }) => spec.cidrs ?? [])
    const own = texts.filter((text) => isIPv4(text.split("/")[0] ?? ""))
    return [...new Set(own)].map((text) => this.#poolFor(text))
  }

  #poolFor(text: string): RangePool {
    return this.#pools.getOrInsertComputed(text, () => new RangePool(text, this.#random, this.#taken))
  }
}

/** Ranges of which nobody has said whether they are ready are. */
function isUsable({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  return status.conditions?.find(({ type }) => type === "Ready")?.status !== "False"
}
