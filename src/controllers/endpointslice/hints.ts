import type { Service } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointHints } from "../../api/discovery/v1/endpoint-slice.ts"

const zoneDistributions: readonly string[] = ["PreferClose", "PreferSameZone", "PreferSameNode"]
/** The older way to ask for the same, which has priority: it turns `trafficDistribution` off. */
const topologyAnnotations = ["service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"]

/**
 * Who should prefer an endpoint, after the service's `trafficDistribution`: clients in its zone, or on its node. Only
 * ready endpoints have hints. https://kubernetes.io/docs/concepts/services-networking/service/#traffic-distribution
 */
export function hintsOf(
  { metadata, spec }: Service,
  { conditions, zone, nodeName }: Pick<Endpoint, "conditions" | "zone" | "nodeName">,
): EndpointHints | undefined {
  const distribution = spec.trafficDistribution ?? ""
  if (!zoneDistributions.includes(distribution) || asksByAnnotation(metadata.annotations)) return undefined
  if (conditions.ready !== true) return undefined
  const hints = {
    ...(zone !== undefined && { forZones: [{ name: zone }] }),
    ...(nodeName !== undefined && distribution === "PreferSameNode" && { forNodes: [{ name: nodeName }] }),
  }
  return Object.keys(hints).length === 0 ? undefined : hints
}

function asksByAnnotation(annotations: Service["metadata"]["annotations"]): boolean {
  const all = new Map(Object.entries(annotations ?? {}))
  const name = topologyAnnotations.find((candidate) => all.has(candidate))
  return name !== undefined && ["Auto", "auto"].includes(all.get(name) ?? "")
}
