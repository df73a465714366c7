import type { Service } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointHints } from "../../api/discovery/v1/endpoint-slice.ts"
import { isTopologyAware } from "./topology.ts"

const zoneDistributions: readonly string[] = ["PreferClose", "PreferSameZone", "PreferSameNode"]

/**
 * Who should prefer an endpoint, after the service's `trafficDistribution`: clients in its zone, or on its node. Only
 * ready endpoints have hints. https://kubernetes.io/docs/concepts/services-networking/service/#traffic-distribution
 */
export function hintsOf(
  service: Service,
  { conditions, zone, nodeName }: Pick<Endpoint, "conditions" | "zone" | "nodeName">,
): EndpointHints | undefined {
  const distribution = service.spec.trafficDistribution ?? ""
  if (!zoneDistributions.includes(distribution) || isTopologyAware(service)) return undefined
  if (conditions.ready !== true) return undefined
  const hints = {
    ...(zone !== undefined && { forZones: [{ name: zone }] }),
    ...(nodeName !== undefined && distribution === "PreferSameNode" && { forNodes: [{ name: nodeName }] }),
  }
  return Object.keys(hints).length === 0 ? undefined : hints
}
