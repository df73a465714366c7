import { inline, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { IngressBackend } from "./ingress-backend.ts"
import { ingressColumns } from "./ingress-columns.ts"
import { ingressWarnings } from "./ingress-warnings.ts"
import { validateIngress, validateIngressStatus, validateNewIngress } from "./validation/ingress.ts"

export const IngressTLS = struct(
  "io.k8s.api.networking.v1.IngressTLS",
  {
    hosts: list(1, "string", {
      doc: "The hosts that the certificate is for. Default: all hosts without another certificate.",
      listType: "atomic",
    }),
    secretName: string(2, {
      doc: "A Secret in the same namespace with tls.crt and tls.key. Default: the controller's own certificate.",
    }),
  },
  { doc: "A certificate for some hosts." },
)
export type IngressTLS = TypeOf<typeof IngressTLS>

export const HTTPIngressPath = struct(
  "io.k8s.api.networking.v1.HTTPIngressPath",
  {
    path: string(1, {
      doc: "The path; it begins with a slash. Default: every path, with pathType ImplementationSpecific.",
    }),
    pathType: string(3, {
      doc: "Exact; Prefix, part by part between slashes; or ImplementationSpecific, as the controller understands it.",
      required: true,
      pointer: true,
    }),
    backend: message(2, IngressBackend, { doc: "Where these requests go.", required: true }),
  },
  { doc: "Which requests of a host go where." },
)
export type HTTPIngressPath = TypeOf<typeof HTTPIngressPath>

export const HTTPIngressRuleValue = struct(
  "io.k8s.api.networking.v1.HTTPIngressRuleValue",
  {
    paths: list(1, HTTPIngressPath, {
      doc: "The paths and where each leads. Among those that match, the longest counts.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "Where HTTP requests of a host go." },
)
export type HTTPIngressRuleValue = TypeOf<typeof HTTPIngressRuleValue>

export const IngressRuleValue = struct(
  "io.k8s.api.networking.v1.IngressRuleValue",
  {
    http: message(1, HTTPIngressRuleValue, { doc: "Where HTTP requests go." }),
  },
  { doc: "Where requests of a host go, by protocol." },
)
export type IngressRuleValue = TypeOf<typeof IngressRuleValue>

export const IngressRule = struct(
  "io.k8s.api.networking.v1.IngressRule",
  {
    host: string(1, {
      doc: "The host, such as app.example.com, or *.example.com for exactly one more part. Default: all hosts.",
    }),
    ingressRuleValue: inline(2, IngressRuleValue),
  },
  { doc: "Where requests of one host go. Without http they all go to the default backend." },
)
export type IngressRule = TypeOf<typeof IngressRule>

export const IngressSpec = struct(
  "io.k8s.api.networking.v1.IngressSpec",
  {
    ingressClassName: string(4, {
      doc: "The IngressClass that serves this ingress. Default: the class marked as default, if there is one.",
      pointer: true,
    }),
    defaultBackend: message(1, IngressBackend, {
      doc: "Where requests go that no rule matches. Needed when there are no rules.",
    }),
    tls: list(2, IngressTLS, {
      doc: "Certificates for the hosts; the connection is decrypted at the ingress, on port 443.",
      listType: "atomic",
    }),
    rules: list(3, IngressRule, { doc: "Where the requests of each host go.", listType: "atomic" }),
  },
  { doc: "Which requests from outside go to which services." },
)
export type IngressSpec = TypeOf<typeof IngressSpec>

export const IngressPortStatus = struct(
  "io.k8s.api.networking.v1.IngressPortStatus",
  {
    port: int32(1, { doc: "The port number.", required: true }),
    protocol: string(2, { doc: "TCP, UDP or SCTP.", required: true }),
    error: string(3, {
      doc: "Why the port does not work, as one CamelCase word. Absent when all is well.",
      pointer: true,
    }),
  },
  { doc: "The state of one port of an ingress." },
)
export type IngressPortStatus = TypeOf<typeof IngressPortStatus>

export const IngressLoadBalancerIngress = struct(
  "io.k8s.api.networking.v1.IngressLoadBalancerIngress",
  {
    ip: string(1, { doc: "The address, if it is reached by address." }),
    hostname: string(2, { doc: "The host name, if it is reached by name." }),
    ports: list(4, IngressPortStatus, { doc: "The state of the ports at this address.", listType: "atomic" }),
  },
  { doc: "One address of an ingress." },
)
export type IngressLoadBalancerIngress = TypeOf<typeof IngressLoadBalancerIngress>

export const IngressLoadBalancerStatus = struct(
  "io.k8s.api.networking.v1.IngressLoadBalancerStatus",
  {
    ingress: list(1, IngressLoadBalancerIngress, {
      doc: "The addresses; empty until the controller has set it up.",
      listType: "atomic",
    }),
  },
  { doc: "Where an ingress is reached." },
)
export type IngressLoadBalancerStatus = TypeOf<typeof IngressLoadBalancerStatus>

export const IngressStatus = struct(
  "io.k8s.api.networking.v1.IngressStatus",
  {
    loadBalancer: message(1, IngressLoadBalancerStatus, { doc: "Where the ingress is reached.", always: true }),
  },
  { doc: "What the controller has set up." },
)
export type IngressStatus = TypeOf<typeof IngressStatus>

/**
 * Leads HTTP requests from outside to services, by host and path.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
export const Ingress = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Leads HTTP requests from outside to services, by host and path.",
  definition: "io.k8s.api.networking.v1.Ingress",
  columns: ingressColumns,
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validateIngress,
    validateCreate: validateNewIngress,
    validateStatusUpdate: validateIngressStatus,
    warnings: ingressWarnings,
  },
  fields: {
    spec: message(2, IngressSpec, { doc: "Which requests go where.", always: true }),
    status: message(3, IngressStatus, { doc: "Where the ingress is reached. Read only for users.", always: true }),
  },
})
export type Ingress = ObjectOf<typeof Ingress>
