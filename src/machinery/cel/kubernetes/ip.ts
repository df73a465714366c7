import { quote } from "../../field/quote.ts"
import { canonicalBytes } from "../../names/addresses.ts"
import { type IpAddress, IpAddressError, isIpv4Mapped, parseIpAddress } from "../../net/ip-address.ts"
import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { CelError, isError } from "../error.ts"
import { type CostSized, constantCost, perUnit, TRAVERSAL } from "../ext/cost.ts"
import { method, overload } from "../stdlib/overloads.ts"
import { boolType, intType, opaqueType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"

export const ipType = opaqueType("net.IP")

export class CelIp extends CelObject implements CostSized {
  readonly type = ipType
  readonly address: IpAddress

  constructor(address: IpAddress) {
    super()
    this.address = address
  }

  get costSize(): number {
    return this.address.bytes.length
  }

  equals(other: CelValue): boolean {
    return other instanceof CelIp && other.toString() === this.toString()
  }

  override toString(): string {
    return canonicalBytes(this.address.bytes)
  }
}

/** An address from a text, without zone and not in the form of the other family. */
export function toIp(text: string): CelIp | CelError {
  try {
    const address = parseIpAddress(text)
    if (address.zone !== "") return new CelError(`IP address ${quote(text)} with zone value is not allowed`)
    if (isIpv4Mapped(address)) return new CelError(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
    return new CelIp(address)
  } catch (error) {
    if (!(error instanceof IpAddressError)) throw error
    return new CelError(`IP Address ${quote(text)} parse error during conversion from string: ${error.message}`)
  }
}

function isCanonical(text: string): CelResult {
  const ip = toIp(text)
  return isError(ip) ? ip : ip.toString() === text
}

type Bytes = readonly number[]
const isV4 = (bytes: Bytes) => bytes.length === 4
const first = (bytes: Bytes) => bytes[0] ?? 0
const second = (bytes: Bytes) => bytes[1] ?? 0

const isUnspecified = (bytes: Bytes) => bytes.every((byte) => byte === 0)

function isLoopback(bytes: Bytes): boolean {
  if (isV4(bytes)) return first(bytes) === 127
  return bytes.at(-1) === 1 && bytes.slice(0, -1).every((byte) => byte === 0)
}

function isMulticast(bytes: Bytes): boolean {
  return isV4(bytes) ? first(bytes) >> 4 === 0xe : first(bytes) === 0xff
}

function isLinkLocalMulticast(bytes: Bytes): boolean {
  if (isV4(bytes)) return first(bytes) === 224 && second(bytes) === 0 && bytes[2] === 0
  return first(bytes) === 0xff && (second(bytes) & 0x0f) === 0x02
}

function isLinkLocalUnicast(bytes: Bytes): boolean {
  if (isV4(bytes)) return first(bytes) === 169 && second(bytes) === 254
  return first(bytes) === 0xfe && (second(bytes) & 0xc0) === 0x80
}

function isGlobalUnicast(bytes: Bytes): boolean {
  if (isV4(bytes) && (isUnspecified(bytes) || bytes.every((byte) => byte === 255))) return false
  return !isUnspecified(bytes) && !isLoopback(bytes) && !isMulticast(bytes) && !isLinkLocalUnicast(bytes)
}

function predicate(name: string, id: string, holds: (bytes: Bytes) => boolean): FunctionDeclaration {
  const call = ({ address }: CelIp) => holds(address.bytes)
  return { name, overloads: [method(id, [ipType], boolType, call, constantCost(1))] }
}

const parsing = perUnit(TRAVERSAL)

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library */
export const kubernetesIpLibrary: CelLibrary = {
  name: "kubernetes.net.ip",
  types: [ipType],
  functions: [
    { name: "ip", overloads: [overload("string_to_ip", [stringType], ipType, toIp, parsing)] },
    {
      name: "isIP",
      overloads: [overload("is_ip", [stringType], boolType, (text: string) => !isError(toIp(text)), parsing)],
    },
    {
      name: "ip.isCanonical",
      overloads: [overload("ip_is_canonical", [stringType], boolType, isCanonical, perUnit(2 * TRAVERSAL))],
    },
    {
      name: "family",
      overloads: [
        method(
          "ip_family",
          [ipType],
          intType,
          ({ address }: CelIp) => (isV4(address.bytes) ? 4n : 6n),
          constantCost(1),
        ),
      ],
    },
    predicate("isUnspecified", "ip_is_unspecified", isUnspecified),
    predicate("isLoopback", "ip_is_loopback", isLoopback),
    predicate("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
    predicate("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
    predicate("isGlobalUnicast", "ip_is_global_unicast", isGlobalUnicast),
    { name: "string", overloads: [overload("ip_to_string", [ipType], stringType, (ip: CelIp) => ip.toString())] },
  ],
}
