import { bool, int32, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { Affinity, TopologySpreadConstraint } from "./affinity.ts"
import { Container, EphemeralContainer } from "./container.ts"
import { defaultPodSpec } from "./pod-defaults.ts"
import { LocalObjectReference } from "./references.ts"
import { ResourceRequirements } from "./resources.ts"
import { PodSecurityContext } from "./security-context.ts"
import { Toleration } from "./toleration.ts"
import { Volume } from "./volume.ts"

export const PodOS = struct("io.k8s.api.core.v1.PodOS", {
  name: string(1, { doc: "", required: true }),
})
export type PodOS = TypeOf<typeof PodOS>

export const PodDNSConfigOption = struct("io.k8s.api.core.v1.PodDNSConfigOption", {
  name: string(1, { doc: "" }),
  value: string(2, { doc: "", pointer: true }),
})
export type PodDNSConfigOption = TypeOf<typeof PodDNSConfigOption>

export const PodDNSConfig = struct("io.k8s.api.core.v1.PodDNSConfig", {
  nameservers: list(1, "string", { doc: "", listType: "atomic" }),
  searches: list(2, "string", { doc: "", listType: "atomic" }),
  options: list(3, PodDNSConfigOption, { doc: "", listType: "atomic" }),
})
export type PodDNSConfig = TypeOf<typeof PodDNSConfig>

export const HostAlias = struct("io.k8s.api.core.v1.HostAlias", {
  ip: string(1, { doc: "", required: true }),
  hostnames: list(2, "string", { doc: "", listType: "atomic" }),
})
export type HostAlias = TypeOf<typeof HostAlias>

export const PodReadinessGate = struct("io.k8s.api.core.v1.PodReadinessGate", {
  conditionType: string(1, { doc: "", required: true }),
})
export type PodReadinessGate = TypeOf<typeof PodReadinessGate>

export const PodSchedulingGate = struct("io.k8s.api.core.v1.PodSchedulingGate", {
  name: string(1, { doc: "", required: true }),
})
export type PodSchedulingGate = TypeOf<typeof PodSchedulingGate>

export const PodResourceClaim = struct("io.k8s.api.core.v1.PodResourceClaim", {
  name: string(1, { doc: "", required: true }),
  resourceClaimName: string(3, { doc: "", pointer: true }),
  resourceClaimTemplateName: string(4, { doc: "", pointer: true }),
})
export type PodResourceClaim = TypeOf<typeof PodResourceClaim>

export const PodSchedulingGroup = struct(
  "io.k8s.api.core.v1.PodSchedulingGroup",
  { podGroupName: string(1, { doc: "", pointer: true }) },
  { unions: [{ members: ["podGroupName"], required: true, published: true }] },
)
export type PodSchedulingGroup = TypeOf<typeof PodSchedulingGroup>

export const PodSpec = struct(
  "io.k8s.api.core.v1.PodSpec",
  {
    volumes: list(1, Volume, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
    }),
    initContainers: list(20, Container, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    containers: list(2, Container, {
      doc: "",
      required: true,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    ephemeralContainers: list(34, EphemeralContainer, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    restartPolicy: string(3, { doc: "", default: "Always" }),
    terminationGracePeriodSeconds: int64(4, { doc: "", default: 30, pointer: true }),
    activeDeadlineSeconds: int64(5, { doc: "", pointer: true }),
    dnsPolicy: string(6, { doc: "", default: "ClusterFirst" }),
    nodeSelector: map(7, "string", { doc: "", mapType: "atomic" }),
    serviceAccountName: string(8, { doc: "" }),
    serviceAccount: string(9, { doc: "" }),
    automountServiceAccountToken: bool(21, { doc: "", pointer: true }),
    nodeName: string(10, { doc: "" }),
    hostNetwork: bool(11, { doc: "" }),
    hostPID: bool(12, { doc: "" }),
    hostIPC: bool(13, { doc: "" }),
    shareProcessNamespace: bool(27, { doc: "", pointer: true }),
    securityContext: message(14, PodSecurityContext, { doc: "", default: {} }),
    imagePullSecrets: list(15, LocalObjectReference, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    hostname: string(16, { doc: "" }),
    subdomain: string(17, { doc: "" }),
    affinity: message(18, Affinity, { doc: "" }),
    schedulerName: string(19, { doc: "", default: "default-scheduler" }),
    tolerations: list(22, Toleration, { doc: "", listType: "atomic" }),
    hostAliases: list(23, HostAlias, {
      doc: "",
      listType: "map",
      mapKeys: ["ip"],
      patchStrategy: "merge",
      mergeKey: "ip",
    }),
    priorityClassName: string(24, { doc: "" }),
    priority: int32(25, { doc: "", pointer: true }),
    dnsConfig: message(26, PodDNSConfig, { doc: "" }),
    readinessGates: list(28, PodReadinessGate, { doc: "", listType: "atomic" }),
    runtimeClassName: string(29, { doc: "", pointer: true }),
    enableServiceLinks: bool(30, { doc: "", pointer: true }),
    preemptionPolicy: string(31, { doc: "", pointer: true }),
    overhead: map(32, "quantity", { doc: "" }),
    topologySpreadConstraints: list(33, TopologySpreadConstraint, {
      doc: "",
      listType: "map",
      mapKeys: ["topologyKey", "whenUnsatisfiable"],
      patchStrategy: "merge",
      mergeKey: "topologyKey",
    }),
    setHostnameAsFQDN: bool(35, { doc: "", pointer: true }),
    os: message(36, PodOS, { doc: "" }),
    hostUsers: bool(37, { doc: "", pointer: true }),
    schedulingGates: list(38, PodSchedulingGate, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    resourceClaims: list(39, PodResourceClaim, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
    }),
    resources: message(40, ResourceRequirements, { doc: "" }),
    hostnameOverride: string(41, { doc: "", pointer: true }),
    schedulingGroup: message(43, PodSchedulingGroup, { doc: "" }),
  },
  { defaults: (spec) => defaultPodSpec(spec) },
)
export type PodSpec = TypeOf<typeof PodSpec>
