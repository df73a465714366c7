import { Condition } from "../../../machinery/meta/condition.ts"
import { dns1123Label } from "../../../machinery/names/dns.ts"
import { bool, int32, intOrString, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { serviceColumns } from "./service-columns.ts"
import { defaultIngressMode, defaultServiceSpec } from "./service-defaults.ts"
import { prepareCreate, prepareUpdate } from "./service-strategy.ts"

const { serviceWarnings } = onFirstCall<typeof import("./service-warnings.ts")>(
  "./service-warnings.ts",
  import.meta.url,
)
const { validateServiceStatus } = onFirstCall<typeof import("./validation/load-balancer-status.ts")>(
  "./validation/load-balancer-status.ts",
  import.meta.url,
)
const { validateService } = onFirstCall<typeof import("./validation/service.ts")>(
  "./validation/service.ts",
  import.meta.url,
)
const { validateServiceUpdate } = onFirstCall<typeof import("./validation/service-addresses.ts")>(
  "./validation/service-addresses.ts",
  import.meta.url,
)

export const ServicePort = struct(
  "io.k8s.api.core.v1.ServicePort",
  {
    name: string(1, {
      doc: "The name of the port, for DNS and for EndpointSlices. Needed, and unique, when the service has several ports.",
    }),
    protocol: string(2, { doc: "TCP, UDP or SCTP. Default TCP.", default: "TCP" }),
    appProtocol: string(6, {
      doc: "The protocol spoken on the port, such as http, kubernetes.io/h2c or kubernetes.io/ws. A hint for proxies that understand it.",
      pointer: true,
    }),
    port: int32(3, { doc: "The port at which clients reach the service, 1 to 65535.", required: true }),
    targetPort: intOrString(4, {
      doc: "The port of the pods: a number, or the name of a container port, which may be another number in each pod. Default: the same as port.",
      always: true,
    }),
    nodePort: int32(5, {
      doc: "The port of every node that leads to this one, for the types NodePort and LoadBalancer. Default: a free one from 30000 to 32767.",
    }),
  },
  { doc: "One port of a service." },
)
export type ServicePort = TypeOf<typeof ServicePort>

export const ClientIPConfig = struct(
  "io.k8s.api.core.v1.ClientIPConfig",
  {
    timeoutSeconds: int32(1, {
      doc: "After how many seconds without traffic a client may get another pod: 1 to 86400. Default 10800, which is 3 hours.",
      pointer: true,
    }),
  },
  { doc: "How long a client stays with the same pod." },
)
export type ClientIPConfig = TypeOf<typeof ClientIPConfig>

export const SessionAffinityConfig = struct(
  "io.k8s.api.core.v1.SessionAffinityConfig",
  {
    clientIP: message(1, ClientIPConfig, { doc: "Settings for sessionAffinity ClientIP." }),
  },
  { doc: "Settings of session affinity." },
)
export type SessionAffinityConfig = TypeOf<typeof SessionAffinityConfig>

export const ServiceSpec = struct(
  "io.k8s.api.core.v1.ServiceSpec",
  {
    ports: list(1, ServicePort, {
      doc: "The ports of the service. Only a headless or ExternalName service may have none.",
      listType: "map",
      mapKeys: ["port", "protocol"],
      patchStrategy: "merge",
      mergeKey: "port",
    }),
    selector: map(2, "string", {
      doc: "Labels of the pods that get the traffic. Without any, no endpoints are made, and you provide EndpointSlices yourself.",
      mapType: "atomic",
    }),
    clusterIP: string(3, {
      doc: "The virtual address of the service. Empty: one is chosen; None: the service is headless and DNS answers with the pods' addresses. It can hardly be changed later.",
    }),
    clusterIPs: list(18, "string", {
      doc: "The virtual addresses, at most one for each IP family. The first one equals clusterIP.",
      listType: "atomic",
    }),
    type: string(4, {
      doc: "ClusterIP (the default) is for clients in the cluster; NodePort adds a port on every node, LoadBalancer an address from outside; ExternalName is only an alias in DNS.",
      default: "ClusterIP",
    }),
    externalIPs: list(5, "string", {
      doc: "Further addresses at which nodes accept traffic for the service. You must route them to the nodes yourself.",
      listType: "atomic",
    }),
    sessionAffinity: string(7, {
      doc: "ClientIP sends all connections of a client address to the same pod; None (the default) does not.",
      default: "None",
    }),
    loadBalancerIP: string(8, {
      doc: "The address that the load balancer should have, if its provider allows a choice. Most use an annotation of their own instead.",
    }),
    loadBalancerSourceRanges: list(9, "string", {
      doc: "The client addresses, as CIDRs, that may use the load balancer. Default: all.",
      listType: "atomic",
    }),
    externalName: string(10, {
      doc: "For type ExternalName: the DNS name that the service is an alias of. It must be a lower-case host name.",
    }),
    externalTrafficPolicy: string(11, {
      doc: "What happens to traffic from outside. Cluster (the default) spreads it over all pods; Local keeps it on the node, shows pods the client's address, and drops it on nodes without pods.",
    }),
    healthCheckNodePort: int32(12, {
      doc: "The port of each node at which load balancers ask whether it has pods of the service. Only for LoadBalancer with externalTrafficPolicy Local; default: a free one.",
    }),
    publishNotReadyAddresses: bool(13, {
      doc: "Whether pods count as ready in DNS and endpoints before they are, so that peers can find each other while starting. Default false.",
    }),
    sessionAffinityConfig: message(14, SessionAffinityConfig, { doc: "Settings for sessionAffinity." }),
    ipFamilies: list(19, "string", {
      doc: "The IP families of the service: IPv4, IPv6 or both. Default: what the cluster has, the primary one first. The first cannot be changed.",
      listType: "atomic",
    }),
    ipFamilyPolicy: string(17, {
      doc: "SingleStack, PreferDualStack (both families where the cluster has them) or RequireDualStack (both, or an error). Default SingleStack.",
      pointer: true,
    }),
    allocateLoadBalancerNodePorts: bool(20, {
      doc: "Whether a LoadBalancer service also gets node ports. Default true; load balancers that reach pods directly need none.",
      pointer: true,
    }),
    loadBalancerClass: string(21, {
      doc: "Which implementation provides the load balancer, such as example.com/internal. Default: the cluster's own. It cannot be changed while the type stays.",
      pointer: true,
    }),
    internalTrafficPolicy: string(22, {
      doc: "What happens to traffic from inside the cluster. Cluster (the default) uses all pods; Local only those on the client's node, and drops it where there are none.",
      pointer: true,
    }),
    trafficDistribution: string(23, {
      doc: "Which pods are preferred when they can take the traffic: PreferSameZone, PreferSameNode, or the older PreferClose, which means the zone. Default: no preference.",
      pointer: true,
    }),
  },
  { doc: "Which pods a service stands for, and how clients reach them.", defaults: (spec) => defaultServiceSpec(spec) },
)
export type ServiceSpec = TypeOf<typeof ServiceSpec>

export const PortStatus = struct(
  "io.k8s.api.core.v1.PortStatus",
  {
    port: int32(1, { doc: "The port number of the load balancer.", required: true }),
    protocol: string(2, { doc: "TCP, UDP or SCTP.", required: true }),
    error: string(3, {
      doc: "Why the port does not work, as one CamelCase word; a provider's own begins with its domain. Absent when all is well.",
      pointer: true,
    }),
  },
  { doc: "The state of one port of a load balancer." },
)
export type PortStatus = TypeOf<typeof PortStatus>

export const LoadBalancerIngress = struct(
  "io.k8s.api.core.v1.LoadBalancerIngress",
  {
    ip: string(1, { doc: "The address, for load balancers that have one." }),
    hostname: string(2, { doc: "The host name, for load balancers that are reached by name." }),
    ipMode: string(3, {
      doc: "VIP (the default): packets arrive with this address as destination. Proxy: they arrive with the node's or pod's. Only set together with ip.",
      pointer: true,
    }),
    ports: list(4, PortStatus, { doc: "The state of the ports at this address.", listType: "atomic" }),
  },
  { doc: "One address of a load balancer." },
)
export type LoadBalancerIngress = TypeOf<typeof LoadBalancerIngress>

export const LoadBalancerStatus = struct(
  "io.k8s.api.core.v1.LoadBalancerStatus",
  {
    ingress: list(1, LoadBalancerIngress, {
      doc: "The addresses of the load balancer. Empty until it exists.",
      listType: "atomic",
    }),
  },
  { doc: "Where a load balancer is reached." },
)
export type LoadBalancerStatus = TypeOf<typeof LoadBalancerStatus>

export const ServiceStatus = struct(
  "io.k8s.api.core.v1.ServiceStatus",
  {
    loadBalancer: message(1, LoadBalancerStatus, {
      doc: "Where the load balancer is reached; empty for other types.",
      always: true,
    }),
    conditions: list(2, Condition, {
      doc: "How the service is doing, as its controllers report it.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "What others have set up for a service." },
)
export type ServiceStatus = TypeOf<typeof ServiceStatus>

/**
 * One stable address and DNS name for a changing set of pods.
 * https://kubernetes.io/docs/concepts/services-networking/service/
 */
export const Service = defineResource({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: {
    proxy: { verbs: ["create", "delete", "get", "patch", "update"], kind: "ServiceProxyOptions" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "One stable address and DNS name for a changing set of pods.",
  definition: "io.k8s.api.core.v1.Service",
  columns: serviceColumns,
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type,
  },
  defaults: ({ spec, status }) => defaultIngressMode(spec, status),
  strategy: {
    // Any DNS label since 1.36; before, it had to begin with a letter.
    nameFormat: { name: "dns1123Label", check: dns1123Label },
    createOnUpdate: true,
    unconditionalUpdate: true,
    returnsDeleted: true,
    prepareCreate,
    prepareUpdate,
    warnings: serviceWarnings,
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    validateStatusUpdate: validateServiceStatus,
  },
  fields: {
    spec: message(2, ServiceSpec, { doc: "Which pods are meant, and how clients reach them.", always: true }),
    status: message(3, ServiceStatus, { doc: "The state of the load balancer. Read only for users.", always: true }),
  },
})
export type Service = ObjectOf<typeof Service>
