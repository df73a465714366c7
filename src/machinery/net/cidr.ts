import { isIPv4 } from "node:net"

/** An IPv4 range. Addresses are numbers from 0 to 2^32 - 1. */
export interface Cidr {
  readonly first: number
  readonly last: number
  readonly prefixLength: number
}

/** Throws on anything but `a.b.c.d/n`; bits beyond the prefix are cleared. */
export function parseCidr(text: string): Cidr {
  const [address = "", length = "", ...rest] = text.split("/")
  const prefixLength = Number(length)
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length) || prefixLength > 32 || rest.length > 0) {
    throw new TypeError(`found "${text}", expected an IPv4 range such as 10.244.0.0/24`)
  }
  const size = 2 ** (32 - prefixLength)
  const first = Math.floor(parseIpv4(address) / size) * size
  return { first, last: first + size - 1, prefixLength }
}

export function parseIpv4(text: string): number {
  if (!isIPv4(text)) throw new TypeError(`found "${text}", expected an IPv4 address`)
  return text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".")
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.first)}/${cidr.prefixLength}`
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return address >= cidr.first && address <= cidr.last
}

/** The address that a node's bridge has in its pod range: the first after the network's own. */
export function gatewayOf(podCidr: string): string {
  return formatIpv4(parseCidr(podCidr).first + 1)
}

/** A locally administered hardware address that belongs to an IPv4 address, so nobody has to be asked for it. */
export function macOf(address: string): string {
  const octets = [0x0a, 0x58, ...address.split(".").map(Number)]
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":")
}
