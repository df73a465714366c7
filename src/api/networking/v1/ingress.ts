import { inline, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { IngressBackend } from "./ingress-backend.ts"

export const IngressTLS = struct("io.k8s.api.networking.v1.IngressTLS", {
  hosts: list(1, "string", { doc: "", listType: "atomic" }),
  secretName: string(2, { doc: "" }),
})
export type IngressTLS = TypeOf<typeof IngressTLS>

export const HTTPIngressPath = struct("io.k8s.api.networking.v1.HTTPIngressPath", {
  path: string(1, { doc: "" }),
  pathType: string(3, { doc: "", required: true, pointer: true }),
  backend: message(2, IngressBackend, { doc: "", required: true }),
})
export type HTTPIngressPath = TypeOf<typeof HTTPIngressPath>

export const HTTPIngressRuleValue = struct("io.k8s.api.networking.v1.HTTPIngressRuleValue", {
  paths: list(1, HTTPIngressPath, { doc: "", required: true, listType: "atomic" }),
})
export type HTTPIngressRuleValue = TypeOf<typeof HTTPIngressRuleValue>

export const IngressRuleValue = struct("io.k8s.api.networking.v1.IngressRuleValue", {
  http: message(1, HTTPIngressRuleValue, { doc: "" }),
})
export type IngressRuleValue = TypeOf<typeof IngressRuleValue>

export const IngressRule = struct("io.k8s.api.networking.v1.IngressRule", {
  host: string(1, { doc: "" }),
  ingressRuleValue: inline(2, IngressRuleValue),
})
export type IngressRule = TypeOf<typeof IngressRule>

export const IngressSpec = struct("io.k8s.api.networking.v1.IngressSpec", {
  ingressClassName: string(4, { doc: "", pointer: true }),
  defaultBackend: message(1, IngressBackend, { doc: "" }),
  tls: list(2, IngressTLS, { doc: "", listType: "atomic" }),
  rules: list(3, IngressRule, { doc: "", listType: "atomic" }),
})
export type IngressSpec = TypeOf<typeof IngressSpec>

export const IngressPortStatus = struct("io.k8s.api.networking.v1.IngressPortStatus", {
  port: int32(1, { doc: "", required: true }),
  protocol: string(2, { doc: "", required: true }),
  error: string(3, { doc: "", pointer: true }),
})
export type IngressPortStatus = TypeOf<typeof IngressPortStatus>

export const IngressLoadBalancerIngress = struct("io.k8s.api.networking.v1.IngressLoadBalancerIngress", {
  ip: string(1, { doc: "" }),
  hostname: string(2, { doc: "" }),
  ports: list(4, IngressPortStatus, { doc: "", listType: "atomic" }),
})
export type IngressLoadBalancerIngress = TypeOf<typeof IngressLoadBalancerIngress>

export const IngressLoadBalancerStatus = struct("io.k8s.api.networking.v1.IngressLoadBalancerStatus", {
  ingress: list(1, IngressLoadBalancerIngress, { doc: "", listType: "atomic" }),
})
export type IngressLoadBalancerStatus = TypeOf<typeof IngressLoadBalancerStatus>

export const IngressStatus = struct("io.k8s.api.networking.v1.IngressStatus", {
  loadBalancer: message(1, IngressLoadBalancerStatus, { doc: "", always: true }),
})
export type IngressStatus = TypeOf<typeof IngressStatus>

/** TODO(doc) */
export const Ingress = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.networking.v1.Ingress",
  fields: {
    spec: message(2, IngressSpec, { doc: "", always: true }),
    status: message(3, IngressStatus, { doc: "", always: true }),
  },
})
export type Ingress = ObjectOf<typeof Ingress>
