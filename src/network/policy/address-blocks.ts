import type { AddressRange } from "../../machinery/net/address-range.ts"
import { formatIpv4, parseCidr } from "../../machinery/net/cidr.ts"

/** A block of addresses as a policy names it. */
export interface Block {
  readonly cidr: string
  readonly except?: readonly string[] | undefined
}

/** The IPv4 addresses of blocks, without their exceptions, as ranges in order that do not touch. */
export function rangesOf(blocks: readonly Block[]): AddressRange[] {
  return union(
    blocks.flatMap(({ cidr, except = [] }) =>
      except.flatMap(readCidr).reduce((left, hole) => left.flatMap((range) => without(range, hole)), readCidr(cidr)),
    ),
  )
}

/** What nft takes as elements of an interval set. */
export function formatRanges(ranges: readonly AddressRange[]): string {
  return ranges
    .map(({ first, last }) => (first === last ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`))
    .join(", ")
}

export function union(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: { readonly first: number; last: number }[] = []
  for (const { first, last } of ranges.toSorted((one, other) => one.first - other.first)) {
    const previous = merged.at(-1)
    if (previous !== undefined && first <= previous.last + 1) previous.last = Math.max(previous.last, last)
    else merged.push({ first, last })
  }
  return merged
}

/** None for IPv6: the pod network has none. The API takes octets with zeros in front of old objects. */
function readCidr(text: string): AddressRange[] {
  return text.includes(":") ? [] : [parseCidr(text.replaceAll(/\b0+(?=\d)/g, ""))]
}

function without(range: AddressRange, hole: AddressRange): AddressRange[] {
  if (hole.last < range.first || hole.first > range.last) return [range]
  return [
    ...(hole.first > range.first ? [{ first: range.first, last: hole.first - 1 }] : []),
    ...(hole.last < range.last ? [{ first: hole.last + 1, last: range.last }] : []),
  ]
}
