import { canonicalIp } from "../../machinery/names/addresses.ts"
import { parseIpPrefix } from "../../machinery/net/ip-address.ts"

/** As Kubernetes' defaults for --node-cidr-mask-size-ipv4 and -ipv6: room for 254 addresses per node, or for any number. */
const NODE_BITS = { 4: 24, 16: 64 } as const

interface Range {
  readonly first: bigint
  readonly last: bigint
  /** 4 for IPv4, 16 for IPv6. */
  readonly bytes: number
}

/**
 * The ranges of one node: for each of the cluster's ranges the first of the node size that overlaps none in use.
 * Undefined when one of them has none left.
 */
export function nextNodeRanges(
  clusterRanges: readonly string[],
  used: readonly string[],
): readonly string[] | undefined {
  const taken = used.map(parse).toSorted((a, b) => (a.first < b.first ? -1 : 1))
  const found = clusterRanges.map((text) => {
    const cluster = parse(text)
    const isSmall = cluster.bytes === 4
    const bits = Math.max(isSmall ? NODE_BITS[4] : NODE_BITS[16], parseIpPrefix(text).bits)
    const first = firstFree(cluster, bits, taken)
    return first === undefined ? undefined : `${format(first, cluster.bytes)}/${bits}`
  })
  return found.every((range) => range !== undefined) ? found : undefined
}

function firstFree(cluster: Range, bits: number, taken: readonly Range[]): bigint | undefined {
  const size = 1n << BigInt(cluster.bytes * 8 - bits)
  let first = cluster.first
  for (const range of taken) {
    if (range.bytes !== cluster.bytes || range.last < first) continue
    if (range.first >= first + size) break
    // The next one of its size behind what is taken.
    first = ((range.last + size) / size) * size
  }
  return first + size - 1n <= cluster.last ? first : undefined
}

function parse(text: string): Range {
  const { address, bits } = parseIpPrefix(text)
  const { length } = address.bytes
  const rest = BigInt(length * 8 - bits)
  const value = address.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const first = (value >> rest) << rest
  return { first, last: first + (1n << rest) - 1n, bytes: length }
}

function format(address: bigint, bytes: number): string {
  if (bytes === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".")
  const groups = address.toString(16).padStart(32, "0").match(/.{4}/g) ?? []
  return canonicalIp(groups.join(":"))
}
