import { isIPv6 } from "node:net"
import type { Service } from "../../api/core/v1/service.ts"

/** Told to the user as an event of the service. */
export interface ServiceWarning {
  readonly reason: string
  readonly message: string
}

/** What a service asks for and cannot have on this node. `hasSctp`: whether programs here can use SCTP. */
export function warningsOf({ spec }: Service, hasSctp: () => boolean): ServiceWarning[] {
  const sctpPorts = (spec.ports ?? []).flatMap(({ protocol, port }) => (protocol === "SCTP" ? [port] : []))
  const sctp =
    sctpPorts.length > 0 && !hasSctp()
      ? [
          {
            reason: "SCTPNotSupported",
            message: `port ${sctpPorts.join(", ")}: the node's kernel has no SCTP, so no program on it can use the protocol; load the module sctp, or use another kernel`,
          },
        ]
      : []
  const addresses = [...(spec.externalIPs ?? []), ...(spec.loadBalancerSourceRanges ?? [])]
  const ipv6 = addresses.filter((address) => isIPv6(address.trim().split("/")[0] ?? ""))
  if (ipv6.length === 0) return sctp
  return [
    ...sctp,
    { reason: "IPv6NotSupported", message: `${ipv6.join(", ")}: has no effect, as the cluster is IPv4 only` },
  ]
}
