import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import type { ServiceSpec } from "./service.ts"

const HINTS = "service.kubernetes.io/topology-aware-hints"
const MODE = "service.kubernetes.io/topology-mode"

/** What is accepted in a service but has no effect, or will not have for long. */
export function serviceWarnings({
  metadata,
  spec,
}: {
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
}): readonly string[] {
  const headless = spec.type === "ClusterIP" && spec.clusterIP === "None"
  const external = (spec.externalIPs?.length ?? 0) > 0
  const warnings: readonly (readonly [boolean, string])[] = [
    [metadata.annotations?.[HINTS] !== undefined, `annotation ${HINTS} is deprecated, please use ${MODE} instead`],
    [headless && Boolean(spec.loadBalancerIP), "spec.loadBalancerIP is ignored for headless services"],
    [headless && external, "spec.externalIPs is ignored for headless services"],
    [headless && spec.sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"],
    [
      external && !headless && spec.type !== "ExternalName",
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ],
    [spec.type === "ExternalName" && external, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [
      spec.type !== "ExternalName" && Boolean(spec.externalName),
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
    [
      spec.trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ]
  return warnings.filter(([applies]) => applies).map(([, text]) => text)
}
