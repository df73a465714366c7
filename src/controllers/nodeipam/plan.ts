import { bitsOf, type Cidr, familyOf, formatCidr, parseCidr } from "../../machinery/net/cidr.ts"

/** As Kubernetes' defaults for --node-cidr-mask-size-ipv4 and -ipv6: room for 254 addresses per node, or for any number. */
export const NODE_BITS = { IPv4: 24, IPv6: 64 } as const

/**
 * The ranges of one node: for each of the cluster's ranges the first of the node size that overlaps none in use.
 * Undefined when one of them has none left.
 */
export function nextNodeRanges(
  clusterRanges: readonly string[],
  used: readonly string[],
): readonly string[] | undefined {
  const taken = used.map(parseCidr).toSorted((a, b) => (a.first < b.first ? -1 : 1))
  const found = clusterRanges.map((text) => {
    const cluster = parseCidr(text)
    const family = familyOf(text)
    const prefixLength = Math.max(NODE_BITS[family], cluster.prefixLength)
    const size = 1n << BigInt(bitsOf(family) - prefixLength)
    const first = firstFree(cluster, size, taken)
    return first === undefined ? undefined : formatCidr({ first, last: first + size - 1n, prefixLength })
  })
  return found.every((range) => range !== undefined) ? found : undefined
}

function firstFree(cluster: Cidr, size: bigint, taken: readonly Cidr[]): bigint | undefined {
  let first = cluster.first
  for (const range of taken) {
    if (range.last < first) continue
    if (range.first >= first + size) break
    // The next one of its size behind what is taken.
    first = ((range.last + size) / size) * size
  }
  return first + size - 1n <= cluster.last ? first : undefined
}
