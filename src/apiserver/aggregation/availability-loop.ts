import { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, startInformer } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import { slicesOf } from "../service-resolver.ts"
import { type Finding, failedDiscovery, findServiceProblem, LOCAL, PASSED, withFinding } from "./availability.ts"
import type { ExtensionServer } from "./extension-server.ts"
import { startLoop } from "./loop.ts"
import { probe } from "./probe.ts"

/** Keeps the condition Available of every APIService. */
export interface AvailabilityOptions {
  readonly client: Client
  readonly reader: Pick<ObjectReader, "get" | "list">
  readonly services: Informer<APIService>
  readonly serverOf: (name: string) => ExtensionServer | undefined
  readonly platform: Pick<Platform, "clock" | "log">
  readonly metrics: MetricsRegistry
  readonly signal: AbortSignal
}

/** The network may fail without anybody being told. The figures are Kubernetes'. */
const RECHECK_MS = 30_000
const BACKOFF = { firstMs: 5, longestMs: 30_000 }

export function startAvailabilityLoop(options: AvailabilityOptions): void {
  const { client, services, serverOf, platform, signal } = options
  const count = createMetrics(options)
  const queue = startLoop({
    name: "availability of API services",
    platform,
    signal,
    backoff: BACKOFF,
    workers: 5,
    async work(name) {
      const found = services.get(name)
      if (found === undefined) return undefined
      const isLocal = found.spec.service === undefined
      const finding = isLocal ? LOCAL : await examine(found, serverOf(name), options)
      const status = withFinding(found.status, finding, timeFromMs(platform.clock.nowMs()))
      if (status !== found.status) {
        const written = await write(client, { ...found, status })
        if (written !== undefined) await services.reached(written)
        count(found, finding)
      }
      // Until it answers it is asked again soon, with growing pauses.
      if (finding.reason === "FailedDiscoveryCheck") return "again"
      return isLocal ? undefined : { againAfterMs: RECHECK_MS }
    },
  })
  const watchServices = once(() => {
    const users = (namespace: string | undefined, name: string | undefined) => {
      for (const { metadata, spec } of services.list()) {
        if (spec.service?.namespace === namespace && spec.service?.name === name) queue.add(metadata.name)
      }
    }
    startInformer(client, Service, { platform, signal }).onChange(({ object: { metadata } }) =>
      users(metadata.namespace, metadata.name),
    )
    startInformer(client, EndpointSlice, { platform, signal }).onChange(({ object: { metadata } }) =>
      users(metadata.namespace, metadata.labels?.["kubernetes.io/service-name"]),
    )
  })
  services.onChange(({ object }) => {
    // Most clusters have no other servers, and need not follow all services.
    if (object.spec.service !== undefined) watchServices()
    queue.add(object.metadata.name)
  })
}

async function examine(
  service: APIService,
  server: ExtensionServer | undefined,
  { reader, platform }: AvailabilityOptions,
): Promise<Finding> {
  const { namespace = "", name = "" } = service.spec.service ?? {}
  const problem = findServiceProblem(service, reader.get(Service, namespace, name), slicesOf(reader, namespace, name))
  if (problem !== undefined) return problem
  const failure = server === undefined ? undefined : await probe(service, server, platform.clock)
  return failure === undefined ? PASSED : failedDiscovery(failure)
}

async function write(client: Client, object: APIService): Promise<string | undefined> {
  try {
    const written = await client.of(APIService).updateStatus(object)
    return written.metadata.resourceVersion
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Under the names of kube-aggregator. */
function createMetrics({ metrics, services }: AvailabilityOptions) {
  const gauge = "Gauge of APIServices which are marked as unavailable broken down by APIService name."
  metrics.gaugesFrom("aggregator_unavailable_apiservice", gauge, () =>
    services.list().map(({ metadata, status }) => {
      const isUp = status.conditions?.some(({ type, status: word }) => type === "Available" && word === "True") ?? false
      return [{ name: metadata.name }, isUp ? 0 : 1] as const
    }),
  )
  const text = "Counter of APIServices which are marked as unavailable broken down by APIService name and reason."
  const counter = metrics.counter("aggregator_unavailable_apiservice_total", text)
  return ({ metadata }: APIService, { status, reason }: Finding): void => {
    if (status !== "True") counter.add(1, { name: metadata.name, reason })
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (!done) run()
    done = true
  }
}
