import { bitsOf, familyOf, formatAddress, formatCidr, type IpFamily, parseAddress, parseCidr } from "./cidr.ts"

/** Addresses of one family from `first` to `last`, as the numbers of `Cidr`. */
export interface AddressRange {
  readonly first: bigint
  readonly last: bigint
}

/**
 * The addresses that can be given out of `10.90.0.0/24`, `fd00:10:90::/112` or `192.0.2.10-192.0.2.20`. A network's own
 * address, and in IPv4 its broadcast address, are left out where the text names a network that has them. Throws on
 * anything else.
 */
export function parseAddressRange(text: string): AddressRange {
  const [from = "", to, ...rest] = text.split("-").map((part) => part.trim())
  try {
    if (to !== undefined && rest.length === 0) {
      const range = { first: parseAddress(from), last: parseAddress(to) }
      if (range.first <= range.last && familyOf(from) === familyOf(to)) return range
    } else if (to === undefined) {
      const { first, last, prefixLength } = parseCidr(from)
      if (prefixLength > bitsOf(familyOf(from)) - 2) return { first, last }
      return { first: first + 1n, last: familyOf(from) === "IPv4" ? last - 1n : last }
    }
  } catch {
    // The words below say it better.
  }
  throw new TypeError(`found "${text}", expected addresses such as 10.90.0.0/24 or 192.0.2.10-192.0.2.20`)
}

/** The fewest CIDR blocks that are exactly the range. */
export function cidrsOf({ first, last }: AddressRange): string[] {
  const cidrs: string[] = []
  const bits = bitsOf(familyOfRange({ first, last }))
  for (let start = first; start <= last; ) {
    let free = 0
    // Twice as large, as long as it begins where such a block can begin, and ends in time.
    while (free < bits) {
      const size = 1n << BigInt(free + 1)
      if (start % size !== 0n || start + size - 1n > last) break
      free++
    }
    const size = 1n << BigInt(free)
    cidrs.push(formatCidr({ first: start, last: start + size - 1n, prefixLength: bits - free }))
    start += size
  }
  return cidrs
}

export const overlap = (one: AddressRange, other: AddressRange): boolean =>
  one.first <= other.last && other.first <= one.last

export const formatRange = ({ first, last }: AddressRange): string => `${formatAddress(first)}-${formatAddress(last)}`

/** Of the range's addresses. */
export const familyOfRange = ({ first }: AddressRange): IpFamily => familyOf(formatAddress(first))
