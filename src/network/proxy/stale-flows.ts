import type { AddressRange } from "../../machinery/net/address-range.ts"
import { cidrContains, parseAddress } from "../../machinery/net/cidr.ts"
import type { Flow } from "../../platform/linux/netlink/conntrack.ts"
import type { UdpFrontend } from "./plan.ts"

/** Where this node is, and what belongs to services only. */
export interface FlowFacts {
  readonly nodeIp: string
  readonly serviceRanges: readonly AddressRange[]
}

/**
 * UDP flows that lead to endpoints which their frontend no longer has, or come in where no service is any more. A client
 * that keeps sending from one port would keep such a flow alive for ever. TCP needs none of this: a connection ends by
 * itself, and until then it may go on.
 */
export function staleFlows(
  flows: readonly Flow[],
  frontends: readonly UdpFrontend[],
  { nodeIp, serviceRanges }: FlowFacts,
): Flow[] {
  const byAddress = new Map<string, ReadonlySet<string>>()
  const byNodePort = new Map<number, ReadonlySet<string>>()
  for (const { ip, port, endpoints } of frontends) {
    if (ip === undefined) byNodePort.set(port, endpoints)
    else byAddress.set(`${ip}:${port}`, endpoints)
  }
  return flows.filter(({ original, reply }) => {
    const { destination, destinationPort } = original
    const translated = reply.source !== destination || reply.sourcePort !== destinationPort
    // Untranslated flows to a port of the same number on some other machine are none of our business.
    const byPort = translated || destination === nodeIp ? byNodePort.get(destinationPort) : undefined
    const endpoints = byAddress.get(`${destination}:${destinationPort}`) ?? byPort
    if (endpoints !== undefined) return !endpoints.has(`${reply.source}:${reply.sourcePort}`)
    if (!translated) return false
    const address = parseAddress(destination)
    return serviceRanges.some((range) => cidrContains(range, address))
  })
}
