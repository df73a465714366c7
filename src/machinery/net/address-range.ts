import { formatCidr, formatIpv4, parseCidr, parseIpv4 } from "./cidr.ts"

/** IPv4 addresses from `first` to `last`, as numbers. */
export interface AddressRange {
  readonly first: number
  readonly last: number
}

/**
 * The addresses that can be given out of `10.90.0.0/24` or `192.0.2.10-192.0.2.20`. A network's own address and its
 * broadcast address are left out where the text names a network that has them. Throws on anything else.
 */
export function parseAddressRange(text: string): AddressRange {
  const [from = "", to, ...rest] = text.split("-").map((part) => part.trim())
  try {
    if (to !== undefined && rest.length === 0) {
      const range = { first: parseIpv4(from), last: parseIpv4(to) }
      if (range.first <= range.last) return range
    } else if (to === undefined) {
      const { first, last, prefixLength } = parseCidr(from)
      return prefixLength > 30 ? { first, last } : { first: first + 1, last: last - 1 }
    }
  } catch {
    // The words below say it better.
  }
  throw new TypeError(`found "${text}", expected IPv4 addresses such as 10.90.0.0/24 or 192.0.2.10-192.0.2.20`)
}

/** The fewest CIDR blocks that are exactly the range. */
export function cidrsOf({ first, last }: AddressRange): string[] {
  const cidrs: string[] = []
  for (let start = first; start <= last; ) {
    let prefixLength = 32
    // Twice as large, as long as it begins where such a block can begin, and ends in time.
    while (prefixLength > 0) {
      const size = 2 ** (33 - prefixLength)
      if (start % size !== 0 || start + size - 1 > last) break
      prefixLength--
    }
    const size = 2 ** (32 - prefixLength)
    cidrs.push(formatCidr({ first: start, last: start + size - 1, prefixLength }))
    start += size
  }
  return cidrs
}

export const overlap = (one: AddressRange, other: AddressRange): boolean =>
  one.first <= other.last && other.first <= one.last

export const formatRange = ({ first, last }: AddressRange): string => `${formatIpv4(first)}-${formatIpv4(last)}`
