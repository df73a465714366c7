import type { ServicePort } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"

/** One address and port that can answer for a service port. */
export interface Target {
  readonly ip: string
  readonly port: number
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  /** On this node. */
  readonly local: boolean
}

/** The targets to choose from, by traffic policy. */
export interface Pools {
  readonly cluster: readonly Target[]
  readonly local: readonly Target[]
}

/** The IPv4 targets of one port of a service, in a fixed order. */
export function targetsOf(port: ServicePort, slices: readonly EndpointSlice[], nodeName: string): Target[] {
  const found = new Map<string, Target>()
  for (const slice of slices) {
    if (slice.addressType !== "IPv4") continue
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
  return { ip, port, ready, serving: serving ?? ready, terminating, local: endpoint.nodeName === nodeName }
}

/**
 * Ready targets; where there are none, those that end but still serve, so that the last pods of a service answer until
 * they are gone. Decided for the cluster and for this node apart.
 */
export function poolsOf(targets: readonly Target[]): Pools {
  return { cluster: usable(targets), local: usable(targets.filter((target) => target.local)) }
}

function usable(targets: readonly Target[]): readonly Target[] {
  const ready = targets.filter((target) => target.ready)
  return ready.length > 0 ? ready : targets.filter((target) => target.serving && target.terminating)
}
