import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, intOrString, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age, selectorCell } from "../../columns.ts"

const { networkPolicyWarnings, validateNetworkPolicy } = onFirstCall<typeof import("./validation/network-policy.ts")>(
  "./validation/network-policy.ts",
  import.meta.url,
)

export const NetworkPolicyPort = struct(
  "io.k8s.api.networking.v1.NetworkPolicyPort",
  {
    protocol: string(1, { doc: "TCP, UDP or SCTP. Default TCP.", default: "TCP", pointer: true }),
    port: intOrString(2, { doc: "The port: a number, or the name of a port of the pod. Default: all ports." }),
    endPort: int32(3, {
      doc: "The last port of a range that begins at port. Only for numbers, and not below port.",
      pointer: true,
    }),
  },
  { doc: "Ports that are allowed." },
)
export type NetworkPolicyPort = TypeOf<typeof NetworkPolicyPort>

export const IPBlock = struct(
  "io.k8s.api.networking.v1.IPBlock",
  {
    cidr: string(1, { doc: "The range, such as 192.168.0.0/16 or 2001:db8::/64.", required: true }),
    except: list(2, "string", { doc: "Parts of the range that are left out.", listType: "atomic" }),
  },
  { doc: "A range of addresses." },
)
export type IPBlock = TypeOf<typeof IPBlock>

export const NetworkPolicyPeer = struct(
  "io.k8s.api.networking.v1.NetworkPolicyPeer",
  {
    podSelector: message(1, LabelSelector, {
      doc: "Labels of pods, in the namespaces of namespaceSelector or else in the policy's own. Empty: all pods.",
    }),
    namespaceSelector: message(2, LabelSelector, { doc: "Labels of namespaces. Empty: all namespaces." }),
    ipBlock: message(3, IPBlock, { doc: "A range of addresses, usually outside the cluster." }),
  },
  { doc: "Who is on the other side. Either ipBlock or one or both selectors are set." },
)
export type NetworkPolicyPeer = TypeOf<typeof NetworkPolicyPeer>

export const NetworkPolicyIngressRule = struct(
  "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
  {
    ports: list(1, NetworkPolicyPort, { doc: "The ports that may be reached. Default: all.", listType: "atomic" }),
    from: list(2, NetworkPolicyPeer, { doc: "Who may send. Default: everybody.", listType: "atomic" }),
  },
  { doc: "Traffic that may come in. Both members must match." },
)
export type NetworkPolicyIngressRule = TypeOf<typeof NetworkPolicyIngressRule>

export const NetworkPolicyEgressRule = struct(
  "io.k8s.api.networking.v1.NetworkPolicyEgressRule",
  {
    ports: list(1, NetworkPolicyPort, { doc: "The ports that may be reached. Default: all.", listType: "atomic" }),
    to: list(2, NetworkPolicyPeer, { doc: "Who may be reached. Default: everybody.", listType: "atomic" }),
  },
  { doc: "Traffic that may go out. Both members must match." },
)
export type NetworkPolicyEgressRule = TypeOf<typeof NetworkPolicyEgressRule>

export const NetworkPolicySpec = struct(
  "io.k8s.api.networking.v1.NetworkPolicySpec",
  {
    podSelector: message(1, LabelSelector, {
      doc: "Which pods of the namespace the policy is for. Empty: all of them.",
      always: true,
    }),
    ingress: list(2, NetworkPolicyIngressRule, {
      doc: "What may come in. Empty: nothing, as far as this policy goes; other policies may allow more.",
      listType: "atomic",
    }),
    egress: list(3, NetworkPolicyEgressRule, {
      doc: "What may go out. Empty: nothing, if policyTypes has Egress; other policies may allow more.",
      listType: "atomic",
    }),
    policyTypes: list(4, "string", {
      doc: "Ingress, Egress or both: the directions that are restricted. Default: Ingress, and Egress if there are egress rules.",
      listType: "atomic",
    }),
  },
  { doc: "Which pods are protected, and what they may still do.", defaults: (spec) => defaultPolicyTypes(spec) },
)
export type NetworkPolicySpec = TypeOf<typeof NetworkPolicySpec>

/** Policies were about ingress alone once, so egress needs a rule to count. */
function defaultPolicyTypes(spec: Draft<NetworkPolicySpec>): void {
  if ((spec.policyTypes?.length ?? 0) > 0) return
  spec.policyTypes = (spec.egress?.length ?? 0) > 0 ? ["Ingress", "Egress"] : ["Ingress"]
}

/**
 * Says which traffic pods may receive and send.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export const NetworkPolicy = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  shortNames: ["netpol"],
  doc: "Says which traffic pods may receive and send. Pods that no policy selects may do everything.",
  definition: "io.k8s.api.networking.v1.NetworkPolicy",
  columns: [
    {
      name: "Pod-Selector",
      type: "string",
      doc: "Which pods of the namespace it is for.",
      value: ({ spec }) => selectorCell(spec.podSelector, "<none>"),
    },
    age,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validateNetworkPolicy,
    warnings: networkPolicyWarnings,
  },
  fields: {
    spec: message(2, NetworkPolicySpec, { doc: "Which pods are meant, and what is allowed.", always: true }),
  },
})
export type NetworkPolicy = ObjectOf<typeof NetworkPolicy>
