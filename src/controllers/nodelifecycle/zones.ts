import type { Node } from "../../api/core/v1/node.ts"

/**
 * When many nodes fall silent at once, it is likelier that this side is cut off than that all of them died. So the pods of
 * silent nodes are driven away slowly, and the more of a zone is silent, the slower.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
 */
export interface EvictionSettings {
  /** Nodes per second of one zone whose pods are driven away (--node-eviction-rate). */
  readonly rate: number
  /** The same while the zone is unhealthy, when it is large (--secondary-node-eviction-rate). Small ones stand still. */
  readonly secondaryRate: number
  /** More nodes than that make a zone large (--large-cluster-size-threshold). */
  readonly largeZoneNodes: number
  /** The part of a zone's nodes that must not be ready for it to be unhealthy (--unhealthy-zone-threshold). */
  readonly unhealthyPart: number
}

/** As kube-controller-manager. */
export const EVICTION_DEFAULTS: EvictionSettings = {
  rate: 0.1,
  secondaryRate: 0.01,
  largeZoneNodes: 50,
  unhealthyPart: 0.55,
}

/** Fewer nodes that are not ready never make a zone unhealthy. */
const UNHEALTHY_NODES_MIN = 3

export type ZoneState = "normal" | "partial-disruption" | "full-disruption"

export function zoneState(readyNodes: number, nodes: number, { unhealthyPart }: EvictionSettings): ZoneState {
  const unready = nodes - readyNodes
  if (readyNodes === 0 && unready > 0) return "full-disruption"
  return unready >= UNHEALTHY_NODES_MIN && unready / nodes >= unhealthyPart ? "partial-disruption" : "normal"
}

/** Nodes per second. A zone that is all silent while others are well is most likely really gone. */
export function evictionRate(state: ZoneState, nodes: number, settings: EvictionSettings): number {
  if (state !== "partial-disruption") return settings.rate
  return nodes > settings.largeZoneNodes ? settings.secondaryRate : 0
}

/** The failure domain of a node; empty when nobody said. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels["failure-domain.beta.kubernetes.io/region"] ?? labels["topology.kubernetes.io/region"] ?? ""
  const zone = labels["failure-domain.beta.kubernetes.io/zone"] ?? labels["topology.kubernetes.io/zone"] ?? ""
  return region === "" && zone === "" ? "" : JSON.stringify([region, zone])
}

/** Whether a node has a say in how well its zone is. */
export const isCounted = ({ metadata }: Node): boolean =>
  metadata.labels?.["node.kubernetes.io/exclude-disruption"] === undefined
