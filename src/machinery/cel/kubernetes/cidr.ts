import { quote } from "../../field/quote.ts"
import { canonicalBytes } from "../../names/addresses.ts"
import {
  IpAddressError,
  type IpPrefix,
  isIpv4Mapped,
  maskPrefix,
  parseIpPrefix,
  sharesPrefix,
} from "../../net/ip-address.ts"
import { add, fixed, multiplyByFactor } from "../cost/estimate.ts"
import type { CelLibrary } from "../declarations.ts"
import { CelError, isError, noSuchOverload } from "../error.ts"
import { actualSize, type CostSized, constantCost, perUnit, sizeOf, TRAVERSAL } from "../ext/cost.ts"
import { type Costs, method, overload } from "../stdlib/overloads.ts"
import { boolType, intType, opaqueType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"
import { CelIp, ipType, toIp } from "./ip.ts"

export const cidrType = opaqueType("net.CIDR")

export class CelCidr extends CelObject implements CostSized {
  readonly type = cidrType
  readonly prefix: IpPrefix

  constructor(prefix: IpPrefix) {
    super()
    this.prefix = prefix
  }

  get costSize(): number {
    return Math.ceil(this.prefix.bits / 8)
  }

  equals(other: CelValue): boolean {
    return other instanceof CelCidr && other.toString() === this.toString()
  }

  override toString(): string {
    return `${canonicalBytes(this.prefix.address.bytes)}/${this.prefix.bits}`
  }
}

const PROBLEM = "network address parse error during conversion from string: "

function toCidr(text: string): CelCidr | CelError {
  try {
    const prefix = parseIpPrefix(text)
    if (!isIpv4Mapped(prefix.address)) return new CelCidr(prefix)
    return new CelError(`${PROBLEM}IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
  } catch (error) {
    if (!(error instanceof IpAddressError)) throw error
    // Kubernetes says it twice.
    return new CelError(`${PROBLEM}${PROBLEM}${error.message}`)
  }
}

function containsIp({ prefix }: CelCidr, { address }: CelIp): boolean {
  return sharesPrefix(prefix.address, address, prefix.bits)
}

function containsIpText(cidr: CelCidr, text: string): CelResult {
  const ip = toIp(text)
  return isError(ip) ? noSuchOverload() : containsIp(cidr, ip)
}

function containsCidr({ prefix }: CelCidr, { prefix: other }: CelCidr): boolean {
  return prefix.bits <= other.bits && sharesPrefix(prefix.address, other.address, prefix.bits)
}

function containsCidrText(cidr: CelCidr, text: string): CelResult {
  const other = toCidr(text)
  return isError(other) ? other : containsCidr(cidr, other)
}

/** Of an address of either family, in bytes. */
const ADDRESS_SIZE = { min: 4, max: 16 }
const COMPARISON = multiplyByFactor(add(ADDRESS_SIZE, ADDRESS_SIZE), TRAVERSAL)

/** `beyond` is what it costs besides the comparison of the bytes; texts are parsed first. */
function containing(what: "ip" | "cidr", from: "value" | "text"): Costs {
  const isCidr = what === "cidr"
  const masking = add(multiplyByFactor(ADDRESS_SIZE, TRAVERSAL), fixed(1))
  return {
    cost: ([cidr, other]) => {
      const size = actualSize(cidr)
      const comparing = Math.ceil(2 * size * TRAVERSAL) + (isCidr ? Math.ceil(size * TRAVERSAL) + 1 : 0)
      return comparing + (from === "text" ? Math.ceil(actualSize(other) * TRAVERSAL) : 0)
    },
    estimateCost: (estimateSize, _, [other]) => {
      const comparing = isCidr ? add(COMPARISON, masking) : COMPARISON
      if (from === "value") return { cost: comparing }
      return { cost: add(comparing, multiplyByFactor(sizeOf(estimateSize, other), TRAVERSAL)) }
    },
  }
}

const cheap = constantCost(1)
const parsing = perUnit(TRAVERSAL)

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cidr-library */
export const kubernetesCidrLibrary: CelLibrary = {
  name: "kubernetes.net.cidr",
  types: [cidrType],
  functions: [
    { name: "cidr", overloads: [overload("string_to_cidr", [stringType], cidrType, toCidr, parsing)] },
    {
      name: "isCIDR",
      overloads: [overload("is_cidr", [stringType], boolType, (text: string) => !isError(toCidr(text)), parsing)],
    },
    {
      name: "containsIP",
      overloads: [
        method("cidr_contains_ip_string", [cidrType, stringType], boolType, containsIpText, containing("ip", "text")),
        method("cidr_contains_ip_ip", [cidrType, ipType], boolType, containsIp, containing("ip", "value")),
      ],
    },
    {
      name: "containsCIDR",
      overloads: [
        method(
          "cidr_contains_cidr_string",
          [cidrType, stringType],
          boolType,
          containsCidrText,
          containing("cidr", "text"),
        ),
        method("cidr_contains_cidr", [cidrType, cidrType], boolType, containsCidr, containing("cidr", "value")),
      ],
    },
    {
      name: "ip",
      overloads: [method("cidr_ip", [cidrType], ipType, ({ prefix }: CelCidr) => new CelIp(prefix.address), cheap)],
    },
    {
      name: "prefixLength",
      overloads: [
        method("cidr_prefix_length", [cidrType], intType, ({ prefix }: CelCidr) => BigInt(prefix.bits), cheap),
      ],
    },
    {
      name: "masked",
      overloads: [
        method("cidr_masked", [cidrType], cidrType, ({ prefix }: CelCidr) => new CelCidr(maskPrefix(prefix)), cheap),
      ],
    },
    {
      name: "string",
      overloads: [overload("cidr_to_string", [cidrType], stringType, (cidr: CelCidr) => cidr.toString())],
    },
  ],
}
