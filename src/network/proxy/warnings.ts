import type { Service } from "../../api/core/v1/service.ts"
import { familyOf, type IpFamily } from "../../machinery/net/cidr.ts"

/** Told to the user as an event of the service. */
export interface ServiceWarning {
  readonly reason: string
  readonly message: string
}

/**
 * What a service asks for and cannot have on this node. `families`: those of the cluster. `hasSctp`: whether programs
 * here can use SCTP.
 */
export function warningsOf({ spec }: Service, families: readonly IpFamily[], hasSctp: () => boolean): ServiceWarning[] {
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
  const missing = (["IPv4", "IPv6"] as const).filter((family) => !families.includes(family))
  const refused = missing.flatMap((family): ServiceWarning[] => {
    const found = addresses.filter((address) => familyOf(address) === family)
    const message = `${found.join(", ")}: has no effect, as the cluster is ${families.join()} only`
    return found.length === 0 ? [] : [{ reason: `${family}NotSupported`, message }]
  })
  return [...sctp, ...refused]
}
