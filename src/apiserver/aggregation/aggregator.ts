import { APIService } from "../../api/apiregistration/v1/api-service.ts"
import type { Client } from "../../client/client.ts"
import { startInformer } from "../../client/informer.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { ServedResources } from "../served/served-resources.ts"
import type { ServiceResolver } from "../service-resolver.ts"
import { startAvailabilityLoop } from "./availability-loop.ts"
import type { ProxyCertificate } from "./extension-server.ts"
import { startLoop } from "./loop.ts"
import { startRegistrar } from "./registrar.ts"
import { Remote } from "./remote.ts"
import { RemoteDiscovery } from "./remote-discovery.ts"

/**
 * API aggregation: groups and versions that other servers answer for, behind this server's address, authentication and
 * authorization. https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
export interface AggregatorOptions {
  /** May do everything. */
  readonly client: Client
  readonly reader: Pick<ObjectReader, "get" | "list">
  readonly served: ServedResources
  readonly resolve: ServiceResolver
  /** What this server shows the others; asked for again with each request. */
  readonly certificate: () => ProxyCertificate
  readonly platform: Pick<Platform, "clock" | "log">
  readonly metrics: MetricsRegistry
}

export interface Aggregator {
  /** Resolves when every APIService is known: before, what other servers answer for would seem not to exist. */
  readonly known: Promise<void>
  /** Whether the APIServices of the built-in groups have been looked after. */
  readonly isRegistered: boolean
  close(): void
}

/** How often a server that is well is asked what it has. The figures are Kubernetes'. */
const REFRESH_MS = 60_000
const BACKOFF = { firstMs: 500, longestMs: REFRESH_MS }

export function startAggregator(options: AggregatorOptions): Aggregator {
  const { client, served, platform } = options
  const abort = new AbortController()
  const { signal } = abort
  const services = startInformer(client, APIService, { platform, signal })
  const remotes = new Map<string, Remote>()
  const discovery = new RemoteDiscovery(platform.clock)
  const refreshes = startLoop({
    name: "discovery of an extension server",
    platform,
    signal,
    backoff: BACKOFF,
    workers: 2,
    async work(name) {
      const remote = remotes.get(name)
      if (remote === undefined) return undefined
      await remote.refresh(platform.clock)
      return { againAfterMs: REFRESH_MS }
    },
  })
  services.onChange(({ type, object }) => {
    const { name } = object.metadata
    const known = remotes.get(name)
    if (type === "deleted" || !isForeign(object)) {
      remotes.delete(name)
      known?.end()
    } else {
      if (known === undefined) remotes.set(name, new Remote(object, { ...options, discovery, clock: platform.clock }))
      else known.change(object)
      refreshes.add(name)
    }
    discovery.keep(new Set([...remotes.values()].map(({ server }) => server.serviceKey)))
  })
  const registrar = startRegistrar({ client, served, services, platform, signal })
  startAvailabilityLoop({ ...options, services, serverOf: (name) => remotes.get(name)?.server, signal })
  return {
    known: services.synced,
    get isRegistered() {
      return registrar.isComplete
    },
    close() {
      abort.abort()
      for (const { server } of remotes.values()) server.close()
    },
  }
}

/** The group of APIServices themselves stays here, whatever is asked for. */
function isForeign({ spec }: APIService): boolean {
  return spec.service !== undefined && spec.group !== APIService.group
}
