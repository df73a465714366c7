import { Condition } from "../../../machinery/meta/condition.ts"
import { dns1123Label } from "../../../machinery/names/dns.ts"
import { bool, int32, intOrString, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { serviceColumns } from "./service-columns.ts"
import { defaultIngressMode, defaultServiceSpec } from "./service-defaults.ts"
import { prepareCreate, prepareUpdate } from "./service-strategy.ts"
import { serviceWarnings } from "./service-warnings.ts"
import { validateServiceStatus } from "./validation/load-balancer-status.ts"
import { validateService } from "./validation/service.ts"
import { validateServiceUpdate } from "./validation/service-addresses.ts"

export const ServicePort = struct("io.k8s.api.core.v1.ServicePort", {
  name: string(1, { doc: "" }),
  protocol: string(2, { doc: "", default: "TCP" }),
  appProtocol: string(6, { doc: "", pointer: true }),
  port: int32(3, { doc: "", required: true }),
  targetPort: intOrString(4, { doc: "", always: true }),
  nodePort: int32(5, { doc: "" }),
})
export type ServicePort = TypeOf<typeof ServicePort>

export const ClientIPConfig = struct("io.k8s.api.core.v1.ClientIPConfig", {
  timeoutSeconds: int32(1, { doc: "", pointer: true }),
})
export type ClientIPConfig = TypeOf<typeof ClientIPConfig>

export const SessionAffinityConfig = struct("io.k8s.api.core.v1.SessionAffinityConfig", {
  clientIP: message(1, ClientIPConfig, { doc: "" }),
})
export type SessionAffinityConfig = TypeOf<typeof SessionAffinityConfig>

export const ServiceSpec = struct(
  "io.k8s.api.core.v1.ServiceSpec",
  {
    ports: list(1, ServicePort, {
      doc: "",
      listType: "map",
      mapKeys: ["port", "protocol"],
      patchStrategy: "merge",
      mergeKey: "port",
    }),
    selector: map(2, "string", { doc: "", mapType: "atomic" }),
    clusterIP: string(3, { doc: "" }),
    clusterIPs: list(18, "string", { doc: "", listType: "atomic" }),
    type: string(4, { doc: "", default: "ClusterIP" }),
    externalIPs: list(5, "string", { doc: "", listType: "atomic" }),
    sessionAffinity: string(7, { doc: "", default: "None" }),
    loadBalancerIP: string(8, { doc: "" }),
    loadBalancerSourceRanges: list(9, "string", { doc: "", listType: "atomic" }),
    externalName: string(10, { doc: "" }),
    externalTrafficPolicy: string(11, { doc: "" }),
    healthCheckNodePort: int32(12, { doc: "" }),
    publishNotReadyAddresses: bool(13, { doc: "" }),
    sessionAffinityConfig: message(14, SessionAffinityConfig, { doc: "" }),
    ipFamilies: list(19, "string", { doc: "", listType: "atomic" }),
    ipFamilyPolicy: string(17, { doc: "", pointer: true }),
    allocateLoadBalancerNodePorts: bool(20, { doc: "", pointer: true }),
    loadBalancerClass: string(21, { doc: "", pointer: true }),
    internalTrafficPolicy: string(22, { doc: "", pointer: true }),
    trafficDistribution: string(23, { doc: "", pointer: true }),
  },
  { defaults: (spec) => defaultServiceSpec(spec) },
)
export type ServiceSpec = TypeOf<typeof ServiceSpec>

export const PortStatus = struct("io.k8s.api.core.v1.PortStatus", {
  port: int32(1, { doc: "", required: true }),
  protocol: string(2, { doc: "", required: true }),
  error: string(3, { doc: "", pointer: true }),
})
export type PortStatus = TypeOf<typeof PortStatus>

export const LoadBalancerIngress = struct("io.k8s.api.core.v1.LoadBalancerIngress", {
  ip: string(1, { doc: "" }),
  hostname: string(2, { doc: "" }),
  ipMode: string(3, { doc: "", pointer: true }),
  ports: list(4, PortStatus, { doc: "", listType: "atomic" }),
})
export type LoadBalancerIngress = TypeOf<typeof LoadBalancerIngress>

export const LoadBalancerStatus = struct("io.k8s.api.core.v1.LoadBalancerStatus", {
  ingress: list(1, LoadBalancerIngress, { doc: "", listType: "atomic" }),
})
export type LoadBalancerStatus = TypeOf<typeof LoadBalancerStatus>

export const ServiceStatus = struct("io.k8s.api.core.v1.ServiceStatus", {
  loadBalancer: message(1, LoadBalancerStatus, { doc: "", always: true }),
  conditions: list(2, Condition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type ServiceStatus = TypeOf<typeof ServiceStatus>

/** TODO(doc) */
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
  doc: "",
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
    spec: message(2, ServiceSpec, { doc: "", always: true }),
    status: message(3, ServiceStatus, { doc: "", always: true }),
  },
})
export type Service = ObjectOf<typeof Service>
