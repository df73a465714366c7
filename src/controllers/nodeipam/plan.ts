import { cidrContains, formatCidr, parseCidr } from "../../machinery/net/cidr.ts"

/** The first range of the node size in the cluster's range that overlaps none in use; undefined when all are taken. */
export function nextNodeCidr(
  clusterCidr: string,
  nodePrefixLength: number,
  used: readonly string[],
): string | undefined {
  const cluster = parseCidr(clusterCidr)
  const size = 2 ** (32 - nodePrefixLength)
  const taken = used.map(parseCidr)
  for (let first = cluster.first; first + size - 1 <= cluster.last; first += size) {
    const last = first + size - 1
    const overlaps = taken.some((range) => cidrContains(range, first) || (range.first >= first && range.first <= last))
    if (!overlaps) return formatCidr({ first, last, prefixLength: nodePrefixLength })
  }
  return undefined
}
