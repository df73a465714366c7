import { isIPv4, isIPv6 } from "node:net"
import { canonicalIp, ipBytes } from "../names/addresses.ts"

export type IpFamily = "IPv4" | "IPv6"

/**
 * A range of addresses. An address is a number: its bits, and for IPv4 one more above all those of IPv6, so that addresses
 * of both families can be compared and never are the same.
 */
export interface Cidr {
  readonly first: bigint
  readonly last: bigint
  /** As the family counts: up to 32, or up to 128. */
  readonly prefixLength: number
}

const IPV4 = 1n << 128n

/** Of an address or a range, both of which must be valid. */
export const familyOf = (text: string): IpFamily => (text.includes(":") ? "IPv6" : "IPv4")

/** Throws on anything but `a.b.c.d/n` and its like of IPv6; bits beyond the prefix are cleared. */
export function parseCidr(text: string): Cidr {
  const [address = "", length = "", ...rest] = text.split("/")
  const bits = isAddress(address) ? bitsOf(familyOf(address)) : -1
  const prefixLength = Number(length)
  if (!/^\d{1,3}$/.test(length) || prefixLength > bits || rest.length > 0) {
    throw new TypeError(`found "${text}", expected a range such as 10.244.0.0/24 or fd00:10:244::/64`)
  }
  const free = BigInt(bits - prefixLength)
  const first = (parseAddress(address) >> free) << free
  return { first, last: first + (1n << free) - 1n, prefixLength }
}

/** Throws on anything but an address without a zone. */
export function parseAddress(text: string): bigint {
  if (isIPv4(text)) return IPV4 + BigInt(text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0))
  if (!isAddress(text)) throw new TypeError(`found "${text}", expected an IPv4 or IPv6 address`)
  return ipBytes(text).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

export function formatAddress(address: bigint): string {
  if (address >= IPV4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".")
  const groups = address.toString(16).padStart(32, "0").match(/.{4}/g) ?? []
  return canonicalIp(groups.join(":"))
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.first)}/${cidr.prefixLength}`
}

export function cidrContains(cidr: Pick<Cidr, "first" | "last">, address: bigint): boolean {
  return address >= cidr.first && address <= cidr.last
}

/** As many bits as an address of the family has. */
export const bitsOf = (family: IpFamily): 32 | 128 => (family === "IPv4" ? 32 : 128)

/** The range of one address. */
export const hostCidr = (address: string): string => `${address}/${bitsOf(familyOf(address))}`

/** The address that a node's bridge has in its pod range: the first after the network's own. */
export function gatewayOf(podCidr: string): string {
  return formatAddress(parseCidr(podCidr).first + 1n)
}

/** A locally administered hardware address that belongs to an address, by its last four bytes, so nobody has to be asked for it. */
export function macOf(address: string): string {
  const number = parseAddress(address)
  const octets = [0x0an, 0x58n, ...[24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n)]
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":")
}

function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes("%"))
}
