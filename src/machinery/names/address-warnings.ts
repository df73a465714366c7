import { isIPv6 } from "node:net"
import { quote } from "../field/quote.ts"
import { canonicalIp } from "./addresses.ts"

/** What is accepted in fields that allow any spelling of an address, but may not match elsewhere. The values are valid. */

export function ipWarnings(value: string, path: { toString(): string }): readonly string[] {
  if (!isIPv6(value) || canonicalIp(value) === value) return []
  return [`${path}: IPv6 address ${quote(value)} should be in RFC 5952 canonical format (${quote(canonicalIp(value))})`]
}

export function cidrWarnings(value: string, path: { toString(): string }): readonly string[] {
  const [address = "", length = ""] = value.split("/")
  if (!isIPv6(address) || canonicalIp(address) === address) return []
  const canonical = `${canonicalIp(address)}/${length}`
  return [`${path}: IPv6 CIDR value ${quote(value)} should be in RFC 5952 canonical format (${quote(canonical)})`]
}
