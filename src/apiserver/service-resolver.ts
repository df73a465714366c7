import { Service } from "../api/core/v1/service.ts"
import { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts"
import { quote } from "../machinery/field/quote.ts"
import { notFound, serviceUnavailable } from "../machinery/status/errors.ts"
import type { Random } from "../platform/random.ts"
import type { ObjectReader } from "./admission/plugin.ts"

/** Where this server reaches a service that serves it: extension servers, webhooks. */

export interface ServiceAddress {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** Throws when the service has no such port, or leads nowhere. The messages are Kubernetes'. */
export type ServiceResolver = (namespace: string, name: string, port: number) => ServiceAddress

export interface ServiceResolverOptions {
  readonly reader: Pick<ObjectReader, "get" | "list">
  readonly random: Pick<Random, "int">
  /** Where this server itself listens: it need not leave the machine to reach the service `kubernetes`. */
  readonly self: () => ServiceAddress
  /** Go to an endpoint instead of the cluster IP, for servers on machines without a service proxy. Default false. */
  readonly toEndpoints?: boolean | undefined
}

export function createServiceResolver({ reader, random, self, toEndpoints }: ServiceResolverOptions): ServiceResolver {
  return (namespace, name, port) => {
    if (namespace === "default" && name === "kubernetes" && port === 443) return self()
    const service = reader.get(Service, namespace, name)
    if (service === undefined) throw notFound({ group: "", resource: "service" }, name)
    if (!toEndpoints) return clusterAddress(service, port)
    return endpointAddress(service, port, slicesOf(reader, namespace, name), random)
  }
}

/** The endpoint slices of a service. */
export function slicesOf(reader: Pick<ObjectReader, "list">, namespace: string, name: string): EndpointSlice[] {
  const slices = reader.list(EndpointSlice, namespace)
  return slices.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
}

const hasClusterIp = (type: string | undefined) =>
  type === "ClusterIP" || type === "LoadBalancer" || type === "NodePort"

function clusterAddress({ metadata, spec }: Service, port: number): ServiceAddress {
  const { type, clusterIP = "", externalName = "" } = spec
  if (type === "ExternalName") return { host: externalName, port }
  if (type === "ClusterIP" && clusterIP === "None") throw new Error('cannot route to service with ClusterIP "None"')
  if (!hasClusterIp(type)) throw new Error(`unsupported service type ${quote(type ?? "")}`)
  portOf(metadata.name, spec, port)
  return { host: clusterIP, port }
}

function portOf(name: string, { ports = [] }: Service["spec"], port: number) {
  const found = ports.find((one) => one.port === port)
  if (found === undefined) throw serviceUnavailable(`no service port ${port} found for service ${quote(name)}`)
  return found
}

/** A ready endpoint; of several address families the service's first. */
function endpointAddress(
  { metadata: { name }, spec }: Service,
  port: number,
  slices: readonly EndpointSlice[],
  random: Pick<Random, "int">,
): ServiceAddress {
  if (!hasClusterIp(spec.type)) throw new Error(`unsupported service type ${quote(spec.type ?? "")}`)
  const { name: portName = "" } = portOf(name, spec, port)
  const [family] = spec.ipFamilies ?? []
  const later = (slice: EndpointSlice) => (family === undefined || slice.addressType === family ? 0 : 1)
  const shuffled = slices.map((slice) => ({ slice, at: random.int(1 << 30) })).sort((a, b) => a.at - b.at)
  for (const { slice } of shuffled.sort((a, b) => later(a.slice) - later(b.slice))) {
    const found = (slice.ports ?? []).find((one) => (one.name ?? "") === portName && one.port !== undefined)
    const ready = slice.endpoints.filter(({ conditions }) => conditions?.ready ?? true)
    const chosen = ready[ready.length === 0 ? 0 : random.int(ready.length)]?.addresses[0]
    if (found?.port !== undefined && chosen !== undefined) return { host: chosen, port: found.port }
  }
  throw serviceUnavailable(`no endpoints available for service ${quote(name)}`)
}
