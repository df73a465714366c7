import type { Node } from "../../api/core/v1/node.ts"
import type { Service } from "../../api/core/v1/service.ts"
import type { Endpoint } from "../../api/discovery/v1/endpoint-slice.ts"
import { parseQuantity, quantityMilliValue } from "../../machinery/quantity/quantity.ts"
import { isNodeReady } from "../nodelifecycle/plan.ts"

/**
 * Topology aware routing: with the annotation `service.kubernetes.io/topology-mode: Auto` endpoints are shared out among
 * zones in proportion to their CPUs, so that clients can stay in their zone without any endpoint getting too much to do.
 * https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/
 */

/** So much more than its share an endpoint may get. */
const OVERLOAD_MAX = 0.2

const ZONE = "topology.kubernetes.io/zone"
const CONTROL_PLANE = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"]
/** The older annotation has priority. */
const ANNOTATIONS = ["service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"]

/** Whether a service asks for it; then its `trafficDistribution` has no effect. */
export function isTopologyAware({ metadata }: Service): boolean {
  const all = new Map(Object.entries(metadata.annotations ?? {}))
  const name = ANNOTATIONS.find((candidate) => all.has(candidate))
  return name !== undefined && ["Auto", "auto"].includes(all.get(name) ?? "")
}

/** The part of the CPUs that each zone has; undefined when that cannot be told, or there is one zone only. */
export function zoneShares(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const cpus = new Map<string, number>()
  for (const node of nodes) {
    const labels = node.metadata.labels ?? {}
    if (CONTROL_PLANE.some((label) => labels[label] !== undefined) || !isNodeReady(node)) continue
    const zone = labels[ZONE] ?? ""
    const cpu = quantityMilliValue(parseQuantity(node.status.allocatable?.["cpu"] ?? "0"))
    if (zone === "" || cpu === 0) return undefined
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu)
  }
  const total = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0)
  return cpus.size < 2 ? undefined : new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]))
}

/** What of a node the shares depend on. */
export const topologyPart = (node: Node): string =>
  JSON.stringify([
    node.metadata.labels?.[ZONE],
    CONTROL_PLANE.some((label) => node.metadata.labels?.[label] !== undefined),
    node.status.allocatable?.["cpu"],
    isNodeReady(node),
  ])

export type Sharing =
  /** The zone that each ready endpoint is for. */
  { readonly zones: ReadonlyMap<Endpoint, string> } | { readonly problem: string }

const isReady = ({ conditions }: Endpoint): boolean => conditions.ready === true

/** Shares the endpoints of one address family out. Most stay with their own zone; as few as possible go to another. */
export function shareOut(endpoints: readonly Endpoint[], shares: ReadonlyMap<string, number> | undefined): Sharing {
  const ready = endpoints.filter(isReady)
  if (shares === undefined) {
    return {
      problem: "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes",
    }
  }
  const counts = `(${ready.length} endpoints, ${shares.size} zones)`
  if (shares.size > ready.length) return { problem: `Insufficient number of endpoints ${counts}` }
  const wanted = new Map([...shares].map(([zone, share]) => [zone, demand(share * ready.length)]))
  const least = [...wanted.values()].reduce((sum, { min }) => sum + min, 0)
  if (least > ready.length) {
    const problem = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold"
    return { problem: `${problem} ${counts}` }
  }
  const zones = new Map<Endpoint, string>()
  const have = new Map<string, number>()
  for (const endpoint of ready) {
    if (!endpoint.zone) return { problem: "One or more endpoints do not have a zone specified" }
    zones.set(endpoint, endpoint.zone)
    have.set(endpoint.zone, (have.get(endpoint.zone) ?? 0) + 1)
  }
  const { giving, receiving } = moves(wanted, have)
  for (const endpoint of ready) {
    const zone = endpoint.zone ?? ""
    const [receiver] = receiving.keys()
    if (receiver === undefined || !take(giving, zone)) continue
    take(receiving, receiver)
    zones.set(endpoint, receiver)
  }
  return { zones }
}

interface Demand {
  readonly desired: number
  readonly min: number
}

function demand(exact: number): Demand {
  const min = Math.ceil(exact / (1 + OVERLOAD_MAX))
  return { min, desired: Math.max(exact, min) }
}

/** How many endpoints each zone gives and gets, in whole numbers. */
function moves(wanted: ReadonlyMap<string, Demand>, have: ReadonlyMap<string, number>) {
  const surplus = new Map<string, number>()
  const lack = new Map<string, number>()
  for (const [zone, { desired }] of wanted) {
    const difference = (have.get(zone) ?? 0) - desired
    if (difference > 0) surplus.set(zone, difference)
    if (difference < 0) lack.set(zone, -difference)
  }
  const giving = new Map<string, number>()
  const receiving = new Map<string, number>()
  for (;;) {
    const [giver, toGive] = most(surplus)
    const [receiver, toGet] = most(lack)
    if (giver === undefined || receiver === undefined || toGive < 0.5 || toGet < 0.5 || (toGive < 1 && toGet < 1)) {
      return { giving, receiving }
    }
    for (const [counts, zone] of [[giving, giver] as const, [receiving, receiver] as const]) {
      counts.set(zone, (counts.get(zone) ?? 0) + 1)
    }
    surplus.set(giver, toGive - 1)
    lack.set(receiver, toGet - 1)
  }
}

function most(zones: ReadonlyMap<string, number>): readonly [string | undefined, number] {
  let found: readonly [string | undefined, number] = [undefined, 0]
  for (const [zone, number] of zones) if (number > found[1]) found = [zone, number]
  return found
}

/** Takes one away; false when there is none left. */
function take(counts: Map<string, number>, zone: string): boolean {
  const count = counts.get(zone) ?? 0
  if (count <= 1) counts.delete(zone)
  else counts.set(zone, count - 1)
  return count > 0
}
