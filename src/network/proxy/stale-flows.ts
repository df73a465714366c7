import type { Flow } from "../../platform/linux/netlink/conntrack.ts"
import type { UdpFrontend } from "./plan.ts"

/**
 * UDP flows that lead to endpoints which their frontend no longer has. A client that keeps sending from one port would
 * keep such a flow alive for ever. TCP needs none of this: a connection ends by itself, and until then it may go on.
 */
export function staleFlows(flows: readonly Flow[], frontends: readonly UdpFrontend[], nodeIp: string): Flow[] {
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
    return endpoints !== undefined && !endpoints.has(`${reply.source}:${reply.sourcePort}`)
  })
}
