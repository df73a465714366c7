import { isIPv4, isIPv6 } from "node:net"
import { quote } from "../field/quote.ts"

/** A parsed address: 4 or 16 bytes. */
type Bytes = readonly number[]

const IP_RULE = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
const CIDR_RULE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

/** An IPv4 or IPv6 address that every program reads alike. */
export function ipAddress(value: string): readonly string[] {
  const problems = readableIp(value)
  if (problems.length > 0) return problems
  const canonical = canonicalIp(value)
  return canonical === value ? [] : [`must be in canonical form (${quote(canonical)})`]
}

/** As `ipAddress`, but any spelling of an IPv6 address is accepted: the rule of fields older than the strict one. */
export function ipAddressAnySpelling(value: string): readonly string[] {
  return readableIp(value)
}

function readableIp(value: string): readonly string[] {
  if (withoutLeadingZeros(value) !== value && isIPv4(withoutLeadingZeros(value))) return ["must not have leading 0s"]
  if (!isIPv4(value) && (!isIPv6(value) || value.includes("%"))) return [IP_RULE]
  return isMapped(value) ? ["must not be an IPv4-mapped IPv6 address"] : []
}

/** A network in canonical form, such as `10.0.0.0/24`. */
export function cidr(value: string): readonly string[] {
  const problems = cidrAnySpelling(value)
  if (problems.length > 0) return problems
  const slash = value.indexOf("/")
  const canonical = `${canonicalIp(value.slice(0, slash))}${value.slice(slash)}`
  return canonical === value ? [] : [`must be in canonical form (${quote(canonical)})`]
}

export function cidrAnySpelling(value: string): readonly string[] {
  const slash = value.indexOf("/")
  const address = value.slice(0, slash)
  const length = value.slice(slash + 1)
  if (slash < 0 || !/^[0-9]{1,3}$/.test(length)) return [CIDR_RULE]
  const plain = withoutLeadingZeros(address)
  const bits = isIPv4(plain) ? 32 : isIPv6(plain) && !plain.includes("%") ? 128 : -1
  if (bits < 0 || Number(length) > bits) return [CIDR_RULE]
  if (plain !== address || (length.length > 1 && length.startsWith("0"))) {
    return ["must not have leading 0s in IP or prefix length"]
  }
  if (isMapped(address)) return ["must not have an IPv4-mapped IPv6 address"]
  const beyond = ipBytes(address).some(
    (byte, i) => (byte & (0xff >> Math.max(0, Math.min(8, Number(length) - i * 8)))) !== 0,
  )
  return beyond ? ["must not have bits set beyond the prefix length"] : []
}

/** RFC 5952 text of an address, which must be valid. */
export function canonicalIp(value: string): string {
  return canonicalBytes(ipBytes(value))
}

/** RFC 5952 text of an address in 4 or 16 bytes. */
export function canonicalBytes(bytes: Bytes): string {
  if (bytes.length === 4) return bytes.join(".")
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0))
  const zeros = longestZeroRun(groups)
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":")
  return zeros === undefined ? hex(0, 8) : `${hex(0, zeros.start)}::${hex(zeros.end, 8)}`
}

/** The bytes of an address, which must be valid: 4 for IPv4, 16 for IPv6. */
export function ipBytes(value: string): Bytes {
  if (isIPv4(value)) return value.split(".").map(Number)
  const dotted = value.lastIndexOf(":") + 1
  const tail = value.includes(".") ? value.slice(dotted).split(".").map(Number) : []
  const text = tail.length === 0 ? value : `${value.slice(0, dotted)}${hexPair(tail, 0)}:${hexPair(tail, 2)}`
  const [head = "", rest] = text.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = rest === undefined || rest === "" ? [] : rest.split(":")
  const middle = rest === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(middle).fill("0"), ...right]
  return groups.flatMap((group) => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 0xff]
  })
}

function hexPair(bytes: Bytes, at: number): string {
  return (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)
}

function longestZeroRun(groups: readonly number[]): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    // One zero group alone is not shortened.
    if (end - start >= 2 && (best === undefined || end - start > best.end - best.start)) best = { start, end }
    start = Math.max(start, end - 1)
  }
  return best
}

function isMapped(value: string): boolean {
  if (!isIPv6(value)) return false
  const bytes = ipBytes(value)
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
}

/** Old parsers read `010.0.0.1` as 10.0.0.1, others as octal: such text gets a message of its own. */
function withoutLeadingZeros(value: string): string {
  return /^[0-9.]+$/.test(value) ? value.replace(/(^|\.)0+(?=[0-9])/g, "$1") : value
}
