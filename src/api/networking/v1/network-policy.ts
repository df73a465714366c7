import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, intOrString, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const NetworkPolicyPort = struct("io.k8s.api.networking.v1.NetworkPolicyPort", {
  protocol: string(1, { doc: "", pointer: true }),
  port: intOrString(2, { doc: "" }),
  endPort: int32(3, { doc: "", pointer: true }),
})
export type NetworkPolicyPort = TypeOf<typeof NetworkPolicyPort>

export const IPBlock = struct("io.k8s.api.networking.v1.IPBlock", {
  cidr: string(1, { doc: "", required: true }),
  except: list(2, "string", { doc: "", listType: "atomic" }),
})
export type IPBlock = TypeOf<typeof IPBlock>

export const NetworkPolicyPeer = struct("io.k8s.api.networking.v1.NetworkPolicyPeer", {
  podSelector: message(1, LabelSelector, { doc: "" }),
  namespaceSelector: message(2, LabelSelector, { doc: "" }),
  ipBlock: message(3, IPBlock, { doc: "" }),
})
export type NetworkPolicyPeer = TypeOf<typeof NetworkPolicyPeer>

export const NetworkPolicyIngressRule = struct("io.k8s.api.networking.v1.NetworkPolicyIngressRule", {
  ports: list(1, NetworkPolicyPort, { doc: "", listType: "atomic" }),
  from: list(2, NetworkPolicyPeer, { doc: "", listType: "atomic" }),
})
export type NetworkPolicyIngressRule = TypeOf<typeof NetworkPolicyIngressRule>

export const NetworkPolicyEgressRule = struct("io.k8s.api.networking.v1.NetworkPolicyEgressRule", {
  ports: list(1, NetworkPolicyPort, { doc: "", listType: "atomic" }),
  to: list(2, NetworkPolicyPeer, { doc: "", listType: "atomic" }),
})
export type NetworkPolicyEgressRule = TypeOf<typeof NetworkPolicyEgressRule>

export const NetworkPolicySpec = struct("io.k8s.api.networking.v1.NetworkPolicySpec", {
  podSelector: message(1, LabelSelector, { doc: "", always: true }),
  ingress: list(2, NetworkPolicyIngressRule, { doc: "", listType: "atomic" }),
  egress: list(3, NetworkPolicyEgressRule, { doc: "", listType: "atomic" }),
  policyTypes: list(4, "string", { doc: "", listType: "atomic" }),
})
export type NetworkPolicySpec = TypeOf<typeof NetworkPolicySpec>

/** TODO(doc) */
export const NetworkPolicy = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  shortNames: ["netpol"],
  doc: "",
  definition: "io.k8s.api.networking.v1.NetworkPolicy",
  fields: {
    spec: message(2, NetworkPolicySpec, { doc: "", always: true }),
  },
})
export type NetworkPolicy = ObjectOf<typeof NetworkPolicy>
