import type { Service } from "../../api/core/v1/service.ts"
import { Service as ServiceKind } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, keyOf, startInformer } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"

/** Whoever works from services and their endpoint slices, one service at a time. */
export interface ServiceConsumer {
  set(service: Service, slices: readonly EndpointSlice[]): void
  /** By `namespace/name`. */
  remove(key: string): void
}

export interface ServiceFeed {
  /** Resolves when consumers know all services. */
  readonly synced: Promise<void>
  /** Tells consumers of everything again. */
  tellAll(): void
  services(): readonly Service[]
  slices(): readonly EndpointSlice[]
}

const SERVICE_NAME_LABEL = "kubernetes.io/service-name"
/** Services with it are left to another proxy: https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const OTHER_PROXY_LABEL = "service.kubernetes.io/service-proxy-name"
/** Endpoint slices with it are for DNS only, as those of services without an address are. */
const HEADLESS_LABEL = "service.kubernetes.io/headless"
const BY_SERVICE = "by service"

export interface ServiceFeedOptions {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  readonly proxy: ServiceConsumer
  readonly dns: ServiceConsumer
  readonly onChange: () => void
}

/**
 * Follows services and endpoint slices. Consumers are told nothing before both lists are complete: a service whose
 * endpoints are not known yet would look like one that has none.
 */
export function feedServices(options: ServiceFeedOptions): ServiceFeed {
  const { client } = options
  const services = startInformer(client, ServiceKind, options)
  const slices = startInformer(client, EndpointSlice, options)
  slices.addIndex(BY_SERVICE, (slice) => [serviceKeyOf(slice)])
  let complete = false

  function tell(key: string): void {
    if (!complete) return
    const service = services.get(key)
    const ownSlices = slices.indexed(BY_SERVICE, key)
    if (service) options.dns.set(service, ownSlices)
    else options.dns.remove(key)
    if (service && labelOf(service, OTHER_PROXY_LABEL) === undefined)
      options.proxy.set(service, ownSlices.filter(isProxied))
    else options.proxy.remove(key)
    options.onChange()
  }

  services.onChange(({ object }) => tell(keyOf(object)))
  slices.onChange(({ object }) => tell(serviceKeyOf(object)))
  function tellAll(): void {
    for (const service of services.list()) tell(keyOf(service))
  }

  return {
    tellAll,
    synced: waitForBoth(services, slices).then(() => {
      complete = true
      tellAll()
    }),
    services: () => services.list(),
    slices: () => slices.list(),
  }
}

async function waitForBoth(services: Informer<unknown>, slices: Informer<unknown>): Promise<void> {
  await services.synced
  await slices.synced
}

export function serviceKeyOf(slice: EndpointSlice): string {
  return `${slice.metadata.namespace ?? ""}/${labelOf(slice, SERVICE_NAME_LABEL) ?? ""}`
}

function isProxied(slice: EndpointSlice): boolean {
  return labelOf(slice, HEADLESS_LABEL) === undefined
}

function labelOf(object: Service | EndpointSlice, name: string): string | undefined {
  const labels = object.metadata.labels ?? {}
  return Object.hasOwn(labels, name) ? labels[name] : undefined
}
