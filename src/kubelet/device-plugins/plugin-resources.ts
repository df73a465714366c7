import type { ClientOf } from "../../machinery/grpc/service.ts"
import type { Clock } from "../../platform/clock.ts"
import type { DevicePlugin, DevicePluginOptions, ReportedDevice } from "./service.ts"

/** A plugin that is gone for so long is not being updated: its resource is no longer offered. As in Kubernetes. */
const STOPPED_MAX_MS = 5 * 60_000
const HEALTHY = "Healthy"

export interface PluginDevice {
  readonly isHealthy: boolean
  /** The NUMA nodes that it is near to; empty when that does not matter. */
  readonly nodes: readonly number[]
}

/** A plugin that can be called. */
export interface Endpoint {
  readonly options: DevicePluginOptions
  readonly plugin: ClientOf<typeof DevicePlugin>
}

interface Resource {
  /** Undefined while the plugin is away. */
  readonly endpoint: Endpoint | undefined
  /** Undefined until the plugin has told this agent. */
  readonly options?: DevicePluginOptions
  readonly stoppedAtMs: number
  readonly healthy: ReadonlySet<string>
  readonly unhealthy: ReadonlySet<string>
}

export interface Offer {
  /** What is there, by resource; 0 for what was there. */
  readonly capacity: ReadonlyMap<string, number>
  /** Of that, what works. */
  readonly allocatable: ReadonlyMap<string, number>
}

/**
 * What plugins offer, by resource.
 *
 *     unknown ──connect──▶ connected ──list──▶ offered ──disconnect──▶ stopped ──5 min──▶ gone (a capacity of 0)
 *                              ▲                                          │
 *                              └───────────────── connect ────────────────┘
 */
export interface PluginResources {
  has(resource: string): boolean
  names(): readonly string[]
  /** Empty while the plugin is away. */
  healthy(resource: string): ReadonlySet<string>
  /** As the plugin listed them last. */
  devices(resource: string): ReadonlyMap<string, PluginDevice>
  /** What the plugin said of itself last, if it has. Throws when there was none. */
  options(resource: string): DevicePluginOptions | undefined
  /** Throws when the plugin is away. */
  endpoint(resource: string): Endpoint
  connect(resource: string, endpoint: Endpoint): void
  /** Returns the devices whose health is another one than before, or that were not known. */
  list(resource: string, devices: readonly ReportedDevice[]): readonly string[]
  /** Does nothing once another endpoint has taken over. */
  disconnect(resource: string, endpoint: Endpoint): void
  /** What to report now. `gone`: whether something has ended to be offered since the last time. */
  offer(): Offer & { readonly gone: boolean }
}

/** `registered`: resources that an earlier agent offered, whose plugins have not come back yet. */
export function createPluginResources(
  clock: Pick<Clock, "monotonicMs">,
  registered: readonly string[],
): PluginResources {
  const none: ReadonlySet<string> = new Set()
  const away = (): Resource => ({
    endpoint: undefined,
    stoppedAtMs: clock.monotonicMs(),
    healthy: none,
    unhealthy: none,
  })
  const resources = new Map<string, Resource>(registered.map((name) => [name, away()]))
  const listed = new Map<string, ReadonlyMap<string, PluginDevice>>()
  const gone = new Set<string>()
  const knownAs = (resource: string): Resource => {
    const known = resources.get(resource)
    if (known === undefined) throw new Error(`endpoint not found in cache for a registered resource: ${resource}`)
    return known
  }
  return {
    has: (resource) => resources.has(resource),
    names: () => [...resources.keys()],
    healthy: (resource) => resources.get(resource)?.healthy ?? none,
    devices: (resource) => listed.get(resource) ?? new Map(),
    options: (resource) => knownAs(resource).options,
    endpoint(resource) {
      const { endpoint } = knownAs(resource)
      if (endpoint === undefined) throw new Error(`endpoint ${resource} has been stopped`)
      return endpoint
    },
    connect(resource, endpoint) {
      resources.set(resource, { ...(resources.get(resource) ?? away()), endpoint, options: endpoint.options })
      gone.delete(resource)
    },
    list(resource, devices) {
      const known = resources.get(resource)
      if (known === undefined) return []
      const now = new Map(devices.map((device) => [device.ID ?? "", deviceOf(device)]))
      const before = listed.get(resource)
      listed.set(resource, now)
      const ids = [...now.keys()]
      const isHealthy = (id: string) => now.get(id)?.isHealthy === true
      const healthy = new Set(ids.filter(isHealthy))
      resources.set(resource, { ...known, healthy, unhealthy: new Set(ids.filter((id) => !isHealthy(id))) })
      return ids.filter((id) => before?.get(id)?.isHealthy !== isHealthy(id))
    },
    disconnect(resource, endpoint) {
      const known = resources.get(resource)
      if (known?.endpoint !== endpoint) return
      const unhealthy = new Set([...known.unhealthy, ...known.healthy])
      resources.set(resource, { ...known, ...away(), unhealthy })
    },
    offer() {
      const capacity = new Map<string, number>()
      const allocatable = new Map<string, number>()
      const before = gone.size
      for (const [name, { endpoint, healthy, stoppedAtMs, unhealthy }] of resources) {
        if (endpoint === undefined && clock.monotonicMs() - stoppedAtMs > STOPPED_MAX_MS) {
          resources.delete(name)
          gone.add(name)
          continue
        }
        capacity.set(name, healthy.size + unhealthy.size)
        allocatable.set(name, healthy.size)
      }
      // Not removed, so that one can tell them from what no node counts.
      for (const name of gone) {
        capacity.set(name, 0)
        allocatable.set(name, 0)
      }
      return { capacity, allocatable, gone: gone.size > before }
    },
  }
}

function deviceOf({ health, topology }: ReportedDevice): PluginDevice {
  return { isHealthy: health === HEALTHY, nodes: (topology?.nodes ?? []).map(({ ID }) => Number(ID ?? 0)) }
}
