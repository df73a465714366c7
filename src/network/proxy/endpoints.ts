import type { ServicePort } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { IpFamily } from "../../machinery/net/cidr.ts"

/** One address and port that can answer for a service port. */
export interface Target {
  readonly ip: string
  readonly port: number
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  /** On this node. */
  readonly local: boolean
  /** The zones and nodes whose clients should prefer it. */
  readonly zones: readonly string[]
  readonly nodes: readonly string[]
}

/** Where this node is. */
export interface Place {
  readonly nodeName: string
  /** Empty: unknown. */
  readonly zone: string
}

/** The targets to choose from, by traffic policy. */
export interface Pools {
  readonly cluster: readonly Target[]
  readonly local: readonly Target[]
}

/** The targets of one port of a service in one family, in a fixed order. */
export function targetsOf(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  nodeName: string,
  family: IpFamily,
): Target[] {
  const found = new Map<string, Target>()
  for (const slice of slices) {
    if (slice.addressType !== family) continue
    const numbers = (slice.ports ?? []).filter(
      (candidate) =>
        (candidate.name ?? "") === (port.name ?? "") && (candidate.protocol ?? "TCP") === (port.protocol ?? "TCP"),
    )
    for (const { port: number } of numbers) {
      if (number === undefined || number === 0) continue
      for (const endpoint of slice.endpoints ?? []) {
        const target = targetOf(endpoint, number, nodeName)
        if (target === undefined) continue
        const key = `${target.ip}:${target.port}`
        // While an endpoint moves from one slice to another it stands in both: the better word counts.
        if (!found.get(key)?.ready) found.set(key, target)
      }
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target)
}

function targetOf(endpoint: Endpoint, port: number, nodeName: string): Target | undefined {
  const [ip] = endpoint.addresses
  if (ip === undefined) return undefined
  const { ready = true, serving, terminating = false } = endpoint.conditions ?? {}
  return {
    ip,
    port,
    ready,
    serving: serving ?? ready,
    terminating,
    local: endpoint.nodeName === nodeName,
    zones: (endpoint.hints?.forZones ?? []).map(({ name }) => name),
    nodes: (endpoint.hints?.forNodes ?? []).map(({ name }) => name),
  }
}

/**
 * Ready targets; where there are none, those that end but still serve, so that the last pods of a service answer until
 * they are gone. Decided for the cluster and for this node apart. For the cluster, hints narrow the choice down.
 */
export function poolsOf(targets: readonly Target[], place: Place): Pools {
  return { cluster: preferred(usable(targets), place), local: usable(targets.filter((target) => target.local)) }
}

function usable(targets: readonly Target[]): readonly Target[] {
  const ready = targets.filter((target) => target.ready)
  return ready.length > 0 ? ready : targets.filter((target) => target.serving && target.terminating)
}

/**
 * Those meant for this node, or else for its zone. Hints count only when every ready target has some: otherwise those
 * that have none yet would get no traffic at all. https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-distribution
 */
function preferred(targets: readonly Target[], { nodeName, zone }: Place): readonly Target[] {
  if (!targets.some((target) => target.ready)) return targets
  if (targets.every(({ nodes }) => nodes.length > 0)) {
    const here = targets.filter(({ nodes }) => nodes.includes(nodeName))
    if (here.length > 0) return here
  }
  if (targets.every(({ zones }) => zones.length > 0)) {
    const near = targets.filter(({ zones }) => zones.includes(zone))
    if (near.length > 0) return near
  }
  return targets
}
