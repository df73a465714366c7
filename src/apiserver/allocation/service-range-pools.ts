import { IPAddress, isOfService } from "../../api/networking/v1/ip-address.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import {
  cidrContains,
  familyOf,
  formatAddress,
  type IpFamily,
  parseAddress,
  parseCidr,
} from "../../machinery/net/cidr.ts"
import type { Random } from "../../platform/random.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { Grants } from "./grants.ts"
import { keptForRequests, Pool } from "./pool.ts"

/** So many addresses of a range can be given out: those of IPv6 have more than anybody needs, or can count. */
const SIZE_MAX = 2n ** 32n

/** One range of addresses; without the network's own address, and in IPv4 without the broadcast address. */
class RangePool extends Pool<string> {
  readonly text: string
  readonly first: bigint
  readonly last: bigint

  constructor(text: string, random: Pick<Random, "int">, taken: Set<string>) {
    const { first, last } = parseCidr(text)
    const lowest = first + 1n
    const highest = familyOf(text) === "IPv4" ? last - 1n : last
    const size = Number(highest - lowest + 1n < SIZE_MAX ? highest - lowest + 1n : SIZE_MAX)
    const kept = keptForRequests(size + (familyOf(text) === "IPv4" ? 2 : 1), 16, 256)
    super(size, (index) => formatAddress(lowest + BigInt(index)), kept, random, taken)
    this.text = text
    this.first = lowest
    this.last = highest
  }

  contains(address: string): boolean {
    return cidrContains(this, parseAddress(address))
  }
}

/**
 * The addresses of services, from the ranges that the ServiceCIDR objects name. An address counts as taken when a
 * service has it, or when somebody has made an IPAddress object for it. Addresses are in canonical form.
 * https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
export class ServiceRangePools {
  readonly #reader: ObjectReader
  readonly #standard: readonly string[]
  readonly #random: Pick<Random, "int">
  // All pools share what is taken, so that it can be given back also when the address's own range has gone.
  readonly #taken = new Set<string>()
  readonly #pools = new Map<string, RangePool>()

  /** `standard`: the ranges while there is no ServiceCIDR object. */
  constructor(reader: ObjectReader, standard: readonly string[], random: Pick<Random, "int">) {
    this.#reader = reader
    this.#standard = standard
    this.#random = random
  }

  /** A service has had it before this server started. */
  restore(address: string): void {
    this.#taken.add(address)
  }

  /** The pool in whose range an address lies. */
  poolOf(address: string): RangePool | undefined {
    const number = parseAddress(address)
    return this.#usable(familyOf(address)).find(({ text }) => cidrContains(parseCidr(text), number))
  }

  /** False when somebody else has it. */
  take(grants: Grants, address: string): boolean {
    const pool = this.poolOf(address)
    return pool !== undefined && !this.#isClaimed(address) && grants.take(pool, address)
  }

  /** Any free address; undefined when there is none. */
  takeNext(grants: Grants, family: IpFamily): string | undefined {
    const isFree = (address: string) => !this.#isClaimed(address)
    for (const pool of this.#usable(family)) {
      const address = grants.takeNext(pool, isFree)
      if (address !== undefined) return address
    }
    return undefined
  }

  release(grants: Grants, address: string): void {
    grants.release({ release: (key: string) => this.#taken.delete(key) }, address)
  }

  /** Whether an object says that somebody has the address although no service has it. */
  #isClaimed(address: string): boolean {
    const object = this.#reader.get(IPAddress, "", address)
    return object !== undefined && !isOfService(object)
  }

  #usable(family: IpFamily): readonly RangePool[] {
    const objects = this.#reader.list(ServiceCIDR, "")
    const texts =
      objects.length === 0 ? this.#standard : objects.filter(isUsable).flatMap(({ spec }) => spec.cidrs ?? [])
    const own = texts.filter((text) => familyOf(text) === family)
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
