import { type AddressRange, formatRange } from "../../machinery/net/address-range.ts"
import { familyOf, formatAddress, type IpFamily, parseCidr } from "../../machinery/net/cidr.ts"

/** A block of addresses as a policy names it. */
export interface Block {
  readonly cidr: string
  readonly except?: readonly string[] | undefined
}

/** The addresses of one family in blocks, without their exceptions, as ranges in order that do not touch. */
export function rangesOf(blocks: readonly Block[], family: IpFamily): AddressRange[] {
  const own = blocks.filter(({ cidr }) => familyOf(cidr) === family)
  return union(
    own.flatMap(({ cidr, except = [] }) =>
      except.map(readCidr).reduce((left, hole) => left.flatMap((range) => without(range, hole)), [readCidr(cidr)]),
    ),
  )
}

/** What nft takes as elements of an interval set. */
export function formatRanges(ranges: readonly AddressRange[]): string {
  return ranges
    .map((range) => (range.first === range.last ? formatAddress(range.first) : formatRange(range)))
    .join(", ")
}

export function union(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: { readonly first: bigint; last: bigint }[] = []
  for (const { first, last } of ranges.toSorted((one, other) => (one.first < other.first ? -1 : 1))) {
    const previous = merged.at(-1)
    if (previous !== undefined && first <= previous.last + 1n)
      previous.last = last > previous.last ? last : previous.last
    else merged.push({ first, last })
  }
  return merged
}

/** The API takes octets with zeros in front of old objects. */
function readCidr(text: string): AddressRange {
  return parseCidr(familyOf(text) === "IPv4" ? text.replaceAll(/\b0+(?=\d)/g, "") : text)
}

function without(range: AddressRange, hole: AddressRange): AddressRange[] {
  if (hole.last < range.first || hole.first > range.last) return [range]
  return [
    ...(hole.first > range.first ? [{ first: range.first, last: hole.first - 1n }] : []),
    ...(hole.last < range.last ? [{ first: hole.last + 1n, last: range.last }] : []),
  ]
}
