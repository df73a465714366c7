/** For tests of this folder: services and endpoint slices in few words. */
import type { Node } from "../../api/core/v1/node.ts"
import type { Service } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"

type Spec = Service["spec"]
type Port = NonNullable<Spec["ports"]>[number]

const metadata = (name: string, labels: Record<string, string> = {}) => ({
  name,
  namespace: "default",
  labels,
  uid: name,
  resourceVersion: "1",
})

export function service(name: string, spec: Partial<Spec>, loadBalancerIp?: string): Service {
  const status = loadBalancerIp === undefined ? {} : { loadBalancer: { ingress: [{ ip: loadBalancerIp }] } }
  return { apiVersion: "v1", kind: "Service", metadata: metadata(name), spec, status } as unknown as Service
}

export function port(number: number, more: Partial<Port> = {}): Port {
  return { name: "", protocol: "TCP", port: number, targetPort: number, ...more } as Port
}

/** One slice of the service, all of whose endpoints listen on `portNumber`. */
export function slice(
  serviceName: string,
  portNumber: number,
  endpoints: readonly Endpoint[],
  protocol = "TCP",
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: metadata(`${serviceName}-${portNumber}`, { "kubernetes.io/service-name": serviceName }),
    addressType: "IPv4",
    ports: [{ name: "", protocol, port: portNumber }],
    endpoints,
  } as unknown as EndpointSlice
}

type State = "ready" | "unready" | "terminating" | "gone"

export function endpoint(
  address: string,
  nodeName: string,
  state: State = "ready",
  more: Partial<Endpoint> = {},
): Endpoint {
  const terminating = state === "terminating" || state === "gone"
  const conditions = { ready: state === "ready", serving: state === "ready" || state === "terminating", terminating }
  return { addresses: [address], nodeName, conditions, ...more } as Endpoint
}

export function node(name: string, podCIDR: string, address: string, zone?: string): Node {
  const status = { addresses: [{ type: "InternalIP", address }] }
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      labels: zone === undefined ? {} : { "topology.kubernetes.io/zone": zone },
    },
    spec: { podCIDR },
    status,
  } as unknown as Node
}
