import { bool, int32, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { Affinity, TopologySpreadConstraint } from "./affinity.ts"
import { Container } from "./container.ts"
import { EphemeralContainer } from "./ephemeral-container.ts"
import { defaultPodSpec } from "./pod-defaults.ts"
import { LocalObjectReference } from "./references.ts"
import { ResourceRequirements } from "./resources.ts"
import { PodSecurityContext } from "./security-context.ts"
import { Toleration } from "./toleration.ts"
import { Volume } from "./volume.ts"

export const PodOS = struct(
  "io.k8s.api.core.v1.PodOS",
  {
    name: string(1, {
      doc: "linux or windows. A node with another system refuses the pod, and members meant for the other system must be unset.",
      required: true,
    }),
  },
  { doc: "The operating system that the containers of a pod are built for." },
)
export type PodOS = TypeOf<typeof PodOS>

export const PodDNSConfigOption = struct(
  "io.k8s.api.core.v1.PodDNSConfigOption",
  {
    name: string(1, { doc: "The option, such as ndots." }),
    value: string(2, { doc: "Its value, such as 2; absent for options that have none, such as edns0.", pointer: true }),
  },
  { doc: "One option line of resolv.conf." },
)
export type PodDNSConfigOption = TypeOf<typeof PodDNSConfigOption>

export const PodDNSConfig = struct(
  "io.k8s.api.core.v1.PodDNSConfig",
  {
    nameservers: list(1, "string", {
      doc: "Addresses of name servers, after those of dnsPolicy; at most 3 in all. At least one is needed with the policy None.",
      listType: "atomic",
    }),
    searches: list(2, "string", {
      doc: "Domains in which short names are looked up, after those of dnsPolicy; at most 32 in all.",
      listType: "atomic",
    }),
    options: list(3, PodDNSConfigOption, {
      doc: "Options for the resolver. Each one replaces the option of the same name that dnsPolicy gives.",
      listType: "atomic",
    }),
  },
  { doc: "Additions to the resolv.conf of a pod." },
)
export type PodDNSConfig = TypeOf<typeof PodDNSConfig>

export const HostAlias = struct(
  "io.k8s.api.core.v1.HostAlias",
  {
    ip: string(1, { doc: "The address.", required: true }),
    hostnames: list(2, "string", { doc: "The names that resolve to the address.", listType: "atomic" }),
  },
  { doc: "A line that is added to /etc/hosts of each container." },
)
export type HostAlias = TypeOf<typeof HostAlias>

export const PodReadinessGate = struct(
  "io.k8s.api.core.v1.PodReadinessGate",
  {
    conditionType: string(1, {
      doc: "The type of a condition in the pod's status; the pod is ready only while this one is True.",
      required: true,
    }),
  },
  { doc: "A condition that someone other than the kubelet must set before the pod counts as ready." },
)
export type PodReadinessGate = TypeOf<typeof PodReadinessGate>

export const PodSchedulingGate = struct(
  "io.k8s.api.core.v1.PodSchedulingGate",
  {
    name: string(1, {
      doc: "A name that says who opens the gate. Every gate of a pod has another name.",
      required: true,
    }),
  },
  { doc: "A reason for the scheduler to wait." },
)
export type PodSchedulingGate = TypeOf<typeof PodSchedulingGate>

export const PodResourceClaim = struct(
  "io.k8s.api.core.v1.PodResourceClaim",
  {
    name: string(1, { doc: "How containers of this pod refer to it. A DNS label, unique in the pod.", required: true }),
    resourceClaimName: string(3, {
      doc: "An existing ResourceClaim in the pod's namespace, which other pods may use too.",
      pointer: true,
    }),
    resourceClaimTemplateName: string(4, {
      doc: "A template in the pod's namespace. A claim is made from it for this pod alone and is deleted with the pod.",
      pointer: true,
    }),
  },
  { doc: "A device, or group of devices, that containers of the pod use. Name either a claim or a template." },
)
export type PodResourceClaim = TypeOf<typeof PodResourceClaim>

export const PodSchedulingGroup = struct(
  "io.k8s.api.core.v1.PodSchedulingGroup",
  {
    podGroupName: string(1, {
      doc: "The PodGroup in the same namespace. It does not have to exist yet when the pod is created.",
      pointer: true,
    }),
  },
  {
    doc: "The group of pods that the scheduler places together with this one.",
    unions: [{ members: ["podGroupName"], required: true, published: true }],
  },
)
export type PodSchedulingGroup = TypeOf<typeof PodSchedulingGroup>

export const PodSpec = struct(
  "io.k8s.api.core.v1.PodSpec",
  {
    volumes: list(1, Volume, {
      doc: "Storage that the containers of the pod can mount. Each volume has a unique name.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
    }),
    initContainers: list(20, Container, {
      doc: "Containers that run before all others, one at a time, each until it succeeds. With restartPolicy Always one becomes a sidecar, which keeps running beside the others.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    containers: list(2, Container, {
      doc: "The containers of the pod, at least one. None can be added or removed later.",
      required: true,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    ephemeralContainers: list(34, EphemeralContainer, {
      doc: "Containers for debugging, added to a running pod with kubectl debug. They cannot be set on creation and never removed.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    restartPolicy: string(3, {
      doc: "Whether containers that end are started again: Always, OnFailure or Never. Default Always. Waits between restarts grow from 10 seconds to 5 minutes.",
      default: "Always",
    }),
    terminationGracePeriodSeconds: int64(4, {
      doc: "How many seconds containers have to end, preStop hooks included, before they are killed. Default 30; 0 kills them at once.",
      default: 30,
      pointer: true,
    }),
    activeDeadlineSeconds: int64(5, {
      doc: "After how many seconds since its start the pod is ended and marked Failed. Default: never; the least is 1.",
      pointer: true,
    }),
    dnsPolicy: string(6, {
      doc: "How names are resolved: ClusterFirst (the default), ClusterFirstWithHostNet for pods with hostNetwork, Default for the node's own settings, or None for dnsConfig alone.",
      default: "ClusterFirst",
    }),
    nodeSelector: map(7, "string", {
      doc: "Labels that a node must have, all of them, for the pod to run there.",
      mapType: "atomic",
    }),
    serviceAccountName: string(8, {
      doc: "The service account that the pod acts as, in its own namespace. Default: the account named default.",
    }),
    serviceAccount: string(9, {
      doc: "The older name of serviceAccountName, kept in step with it. Use serviceAccountName.",
    }),
    automountServiceAccountToken: bool(21, {
      doc: "Whether containers get a token for the API at /var/run/secrets/kubernetes.io/serviceaccount. Default: what the service account says, else true.",
      pointer: true,
    }),
    nodeName: string(10, {
      doc: "The node that the pod runs on. The scheduler sets it; if it is set on creation, the scheduler is not asked.",
    }),
    hostNetwork: bool(11, {
      doc: "Whether the pod uses the node's network instead of one of its own. Its ports must then be free on the node. Default false.",
    }),
    hostPID: bool(12, { doc: "Whether the pod sees the processes of the node. Default false." }),
    hostIPC: bool(13, { doc: "Whether the pod shares the node's inter-process communication. Default false." }),
    shareProcessNamespace: bool(27, {
      doc: "Whether the containers see and can signal each other's processes. Not together with hostPID. Default false.",
      pointer: true,
    }),
    securityContext: message(14, PodSecurityContext, {
      doc: "User, groups and other security settings for all containers; a container's own settings come first.",
      default: {},
    }),
    imagePullSecrets: list(15, LocalObjectReference, {
      doc: "Secrets in the pod's namespace with credentials for image registries. Those of the service account are used when this list is empty.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    hostname: string(16, { doc: "The host name inside the pod. Default: the pod's name." }),
    subdomain: string(17, {
      doc: "With a headless service of this name, the pod can be found as <hostname>.<subdomain>.<namespace>.svc.<cluster domain>.",
    }),
    affinity: message(18, Affinity, {
      doc: "Rules about nodes and other pods that the scheduler must or should keep.",
    }),
    schedulerName: string(19, {
      doc: "The scheduler that places the pod. Default default-scheduler; with a name that nobody serves the pod stays Pending.",
      default: "default-scheduler",
    }),
    tolerations: list(22, Toleration, { doc: "Taints of nodes that the pod puts up with.", listType: "atomic" }),
    hostAliases: list(23, HostAlias, {
      doc: "Lines that are added to /etc/hosts of each container.",
      listType: "map",
      mapKeys: ["ip"],
      patchStrategy: "merge",
      mergeKey: "ip",
    }),
    priorityClassName: string(24, {
      doc: "The PriorityClass of the pod. Default: the class marked as globalDefault, or priority 0 if there is none.",
    }),
    priority: int32(25, {
      doc: "The number behind priorityClassName, filled in on creation. Pods with higher numbers are scheduled first and may displace lower ones.",
      pointer: true,
    }),
    dnsConfig: message(26, PodDNSConfig, {
      doc: "Name servers, search domains and options besides those that dnsPolicy gives.",
    }),
    readinessGates: list(28, PodReadinessGate, {
      doc: "Conditions that must be True, besides ready containers, before the pod counts as ready.",
      listType: "atomic",
    }),
    runtimeClassName: string(29, {
      doc: "The RuntimeClass to run the pod with. Default: the node's own runtime. If no such class exists, the pod is refused.",
      pointer: true,
    }),
    enableServiceLinks: bool(30, {
      doc: "Whether containers get environment variables with the addresses of the services in their namespace. Default true.",
      pointer: true,
    }),
    preemptionPolicy: string(31, {
      doc: "Whether pods of lower priority may be ended to make room: PreemptLowerPriority (the default) or Never. Filled in from the PriorityClass.",
      pointer: true,
    }),
    overhead: map(32, "quantity", {
      doc: "What the runtime itself needs besides the containers. Filled in from the RuntimeClass; do not set it.",
    }),
    topologySpreadConstraints: list(33, TopologySpreadConstraint, {
      doc: "How evenly pods are spread over zones, nodes or other parts of the cluster. All constraints must be met.",
      listType: "map",
      mapKeys: ["topologyKey", "whenUnsatisfiable"],
      patchStrategy: "merge",
      mergeKey: "topologyKey",
    }),
    setHostnameAsFQDN: bool(35, {
      doc: "Whether the host name is the fully qualified name; without subdomain nothing changes. Default false.",
      pointer: true,
    }),
    os: message(36, PodOS, { doc: "The operating system that the pod needs. Default: not said." }),
    hostUsers: bool(37, {
      doc: "Whether user ids mean the same as on the node. With false the pod gets a user namespace, and root inside is not root on the node. Default true.",
      pointer: true,
    }),
    schedulingGates: list(38, PodSchedulingGate, {
      doc: "While any is left, the pod is not scheduled. They are set on creation and can only be removed later.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    resourceClaims: list(39, PodResourceClaim, {
      doc: "Devices that the pod uses, such as GPUs. The scheduler waits until it can have all of them.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
    }),
    resources: message(40, ResourceRequirements, {
      doc: "Requests and limits of cpu, memory and hugepages for all containers together.",
    }),
    hostnameOverride: string(41, {
      doc: "The host name inside the pod, whatever hostname and subdomain say; DNS does not know it. A DNS subdomain of at most 64 characters, not with hostNetwork.",
      pointer: true,
    }),
    schedulingGroup: message(43, PodSchedulingGroup, {
      doc: "The group of pods to schedule this one with. It cannot be changed; without it the pod is scheduled by itself.",
    }),
  },
  { doc: "What a pod runs, where it may run and what it may do there.", defaults: (spec) => defaultPodSpec(spec) },
)
export type PodSpec = TypeOf<typeof PodSpec>
