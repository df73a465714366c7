import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Service, ServicePort } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointPort } from "../../api/discovery/v1/endpoint-slice.ts"
import { isReady, isTerminating } from "../pods/pod-state.ts"
import { hintsOf } from "./hints.ts"

export type AddressType = "IPv4" | "IPv6"

/** Endpoints that listen on the same ports and so can share slices. */
export interface EndpointGroup {
  readonly addressType: AddressType
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

const zoneLabel = "topology.kubernetes.io/zone"

/** The address families in which a service is reachable. */
export function addressTypes(service: Service): readonly AddressType[] {
  const families = service.spec.ipFamilies ?? []
  if (families.length > 0) return families.map((family) => (family === "IPv6" ? "IPv6" : "IPv4"))
  return ["IPv4"]
}

/** The endpoints that the pods of a service make, grouped by the ports they listen on. */
export function groupEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodes: ReadonlyMap<string, Node>,
): readonly EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>()
  for (const addressType of addressTypes(service)) {
    for (const pod of pods) {
      const addresses = podAddresses(pod, addressType)
      if (addresses.length === 0 || isTerminal(pod)) continue
      const ports = portsOf(service, pod)
      const key = groupKey(addressType, ports)
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { addressType, ports, endpoints: [] }))
      group.endpoints.push(endpointOf(service, pod, addresses, nodes.get(pod.spec.nodeName ?? "")))
    }
  }
  return [...groups.values()]
}

export function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  const sorted = ports.map((port) => JSON.stringify([port.name ?? "", port.protocol, port.port, port.appProtocol]))
  return JSON.stringify([addressType, sorted.sort()])
}

function isTerminal(pod: Pod): boolean {
  return pod.status.phase === "Succeeded" || pod.status.phase === "Failed"
}

function podAddresses(pod: Pod, addressType: AddressType): readonly string[] {
  const ips = pod.status.podIPs?.map(({ ip }) => ip) ?? (pod.status.podIP ? [pod.status.podIP] : [])
  return ips.filter((ip) => ip.includes(":") === (addressType === "IPv6")).slice(0, 1)
}

function endpointOf(service: Service, pod: Pod, addresses: readonly string[], node: Node | undefined): Endpoint {
  const terminating = isTerminating(pod)
  const serving = isReady(pod)
  const { name, namespace, uid } = pod.metadata
  const zone = node?.metadata.labels?.[zoneLabel]
  const named =
    pod.spec.hostname && pod.spec.subdomain === service.metadata.name && namespace === service.metadata.namespace
  const place = { ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }), ...(zone && { zone }) }
  const conditions = {
    ready: Boolean(service.spec.publishNotReadyAddresses) || (serving && !terminating),
    serving,
    terminating,
  }
  const hints = hintsOf(service, { conditions, ...place })
  return {
    addresses,
    conditions,
    targetRef: { kind: "Pod", namespace, name, uid },
    ...place,
    ...(named && { hostname: pod.spec.hostname }),
    ...(hints !== undefined && { hints }),
  }
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOf(pod, port)
    if (number === undefined) return []
    const { name = "", protocol, appProtocol } = port
    return [{ name, port: number, protocol: protocol ?? "TCP", ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

/** The number behind a service port on a given pod: named ports may differ from pod to pod. */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  const { targetPort } = port
  if (typeof targetPort === "number" && targetPort !== 0) return targetPort
  if (targetPort === undefined || targetPort === 0 || targetPort === "") return port.port
  const protocol = port.protocol ?? "TCP"
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always")
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find((p) => p.name === targetPort && (p.protocol ?? "TCP") === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}
