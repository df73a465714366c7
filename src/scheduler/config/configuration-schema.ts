import { NodeAffinity, TopologySpreadConstraint } from "../../api/core/v1/affinity.ts"
import {
  bool,
  bytes,
  duration,
  int32,
  int64,
  list,
  message,
  rawExtension,
  string,
  struct,
} from "../../machinery/schema/fields.ts"
import type { AnyStruct, TypeOf } from "../../machinery/schema/schema.ts"

/** The scheduler's configuration as users write it. https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/ */

export const GROUP_VERSION = "kubescheduler.config.k8s.io/v1"
const name = (kind: string): string => `io.k8s.kube-scheduler.config.v1.${kind}`

const typeMeta = {
  apiVersion: string(1, { doc: "The version." }),
  kind: string(2, { doc: "The kind." }),
}

const Plugin = struct(
  name("Plugin"),
  {
    name: string(1, { doc: "The plugin." }),
    weight: int32(2, { doc: "How much its score counts." }),
  },
  { doc: "A plugin in a list." },
)
const PluginSet = struct(
  name("PluginSet"),
  {
    enabled: list(1, Plugin, { doc: "Called in addition to the default ones, in this order." }),
    disabled: list(2, Plugin, { doc: "Default ones that are not called; * for all." }),
  },
  { doc: "The plugins of one extension point." },
)
export type PluginSet = TypeOf<typeof PluginSet>
const pluginSet = (number: number) => message(number, PluginSet, { doc: "Plugins that are called here." })

const Plugins = struct(
  name("Plugins"),
  {
    preEnqueue: pluginSet(1),
    queueSort: pluginSet(2),
    preFilter: pluginSet(3),
    filter: pluginSet(4),
    postFilter: pluginSet(5),
    preScore: pluginSet(6),
    score: pluginSet(7),
    reserve: pluginSet(8),
    permit: pluginSet(9),
    preBind: pluginSet(10),
    bind: pluginSet(11),
    postBind: pluginSet(12),
    multiPoint: message(13, PluginSet, { doc: "Plugins that are called wherever they take part." }),
  },
  { doc: "The plugins of a profile by extension point." },
)
export type Plugins = TypeOf<typeof Plugins>

const PluginConfig = struct(
  name("PluginConfig"),
  {
    name: string(1, { doc: "The plugin." }),
    args: rawExtension(2, { doc: "Its arguments, as its own kind has them." }),
  },
  { doc: "The arguments of one plugin." },
)
const Profile = struct(
  name("KubeSchedulerProfile"),
  {
    schedulerName: string(1, { doc: "Pods with this schedulerName are scheduled by the profile.", pointer: true }),
    percentageOfNodesToScore: int32(2, { doc: "How many of the nodes are looked at, in percent.", pointer: true }),
    plugins: message(3, Plugins, { doc: "Which plugins are called." }),
    pluginConfig: list(4, PluginConfig, { doc: "Arguments of plugins." }),
  },
  { doc: "How some of the pods are scheduled." },
)
export type ConfiguredProfile = TypeOf<typeof Profile>

const ExtenderTLSConfig = struct(
  name("ExtenderTLSConfig"),
  {
    insecure: bool(1, { doc: "The server's certificate is not verified." }),
    serverName: string(2, { doc: "The name in the server's certificate, when it is not the host's." }),
    certFile: string(3, { doc: "A client certificate." }),
    keyFile: string(4, { doc: "Its key." }),
    caFile: string(5, { doc: "Who signs the server's certificate." }),
    certData: bytes(6, { doc: "A client certificate; goes before certFile." }),
    keyData: bytes(7, { doc: "Its key; goes before keyFile." }),
    caData: bytes(8, { doc: "Who signs the server's certificate; goes before caFile." }),
  },
  { doc: "How to reach an extender over TLS." },
)
const ExtenderManagedResource = struct(
  name("ExtenderManagedResource"),
  {
    name: string(1, { doc: "An extended resource." }),
    ignoredByScheduler: bool(2, { doc: "The scheduler itself does not look whether a node has enough." }),
  },
  { doc: "A resource that an extender looks after." },
)
const Extender = struct(
  name("Extender"),
  {
    urlPrefix: string(1, { doc: "Where the extender is." }),
    filterVerb: string(2, { doc: "Added to the URL to ask which nodes fit; empty: not asked." }),
    preemptVerb: string(3, { doc: "Added to the URL to ask about victims; empty: not asked." }),
    prioritizeVerb: string(4, { doc: "Added to the URL to ask which nodes are better; empty: not asked." }),
    weight: int64(5, { doc: "How much its scores count." }),
    bindVerb: string(6, { doc: "Added to the URL to have pods bound; empty: the scheduler binds." }),
    enableHTTPS: bool(7, { doc: "Whether TLS is used." }),
    tlsConfig: message(8, ExtenderTLSConfig, { doc: "How TLS is used." }),
    httpTimeout: duration(9, { doc: "How long one call may take." }),
    nodeCacheCapable: bool(10, { doc: "The extender knows the nodes: names are enough." }),
    managedResources: list(11, ExtenderManagedResource, { doc: "Only pods with one of these concern it." }),
    ignorable: bool(12, { doc: "Scheduling goes on when it cannot be reached." }),
  },
  { doc: "Another program that takes part in scheduling." },
)
export type ConfiguredExtender = TypeOf<typeof Extender>

export const KubeSchedulerConfiguration = struct(
  name("KubeSchedulerConfiguration"),
  {
    ...typeMeta,
    parallelism: int32(3, { doc: "How many nodes are looked at side by side.", pointer: true }),
    leaderElection: rawExtension(4, { doc: "Who of several schedulers works." }),
    clientConnection: rawExtension(5, { doc: "How the API server is reached." }),
    enableProfiling: bool(6, { doc: "Whether profiles of the process are served.", pointer: true }),
    enableContentionProfiling: bool(7, { doc: "Whether waiting for locks is profiled.", pointer: true }),
    percentageOfNodesToScore: int32(8, { doc: "How many of the nodes are looked at, in percent.", pointer: true }),
    podInitialBackoffSeconds: int64(9, { doc: "The first pause after a pod was tried in vain.", pointer: true }),
    podMaxBackoffSeconds: int64(10, { doc: "The longest pause.", pointer: true }),
    profiles: list(11, Profile, { doc: "How pods are scheduled, by their schedulerName." }),
    extenders: list(12, Extender, { doc: "Other programs that take part, in the order of the calls." }),
    delayCacheUntilActive: bool(13, { doc: "Whether caches are filled only by the leader." }),
  },
  { doc: "How pods are given nodes." },
)
export type KubeSchedulerConfiguration = TypeOf<typeof KubeSchedulerConfiguration>

const ResourceSpec = struct(
  name("ResourceSpec"),
  { name: string(1, { doc: "A resource." }), weight: int64(2, { doc: "How much it counts; 1 unless given." }) },
  { doc: "A resource that counts when nodes are compared." },
)
const UtilizationShapePoint = struct(
  name("UtilizationShapePoint"),
  { utilization: int32(1, { doc: "In percent." }), score: int32(2, { doc: "From 0 to 10." }) },
  { doc: "A point of a function of utilization." },
)
const RequestedToCapacityRatioParam = struct(
  name("RequestedToCapacityRatioParam"),
  { shape: list(1, UtilizationShapePoint, { doc: "Points of the function." }) },
  { doc: "How utilization is scored." },
)
const ScoringStrategy = struct(
  name("ScoringStrategy"),
  {
    type: string(1, { doc: "LeastAllocated, MostAllocated or RequestedToCapacityRatio." }),
    resources: list(2, ResourceSpec, { doc: "What counts; cpu and memory unless given." }),
    requestedToCapacityRatio: message(3, RequestedToCapacityRatioParam, { doc: "For that type only." }),
  },
  { doc: "Which nodes are better." },
)

/** The arguments of each plugin that takes any. */
export const PLUGIN_ARGS = {
  DefaultPreemption: struct(
    name("DefaultPreemptionArgs"),
    {
      ...typeMeta,
      minCandidateNodesPercentage: int32(3, { doc: "How many nodes are tried, in percent.", pointer: true }),
      minCandidateNodesAbsolute: int32(4, { doc: "How many nodes are tried at least.", pointer: true }),
    },
    { doc: "How room is made." },
  ),
  DynamicResources: struct(
    name("DynamicResourcesArgs"),
    {
      ...typeMeta,
      filterTimeout: duration(3, { doc: "How long devices are looked for on one node." }),
      bindingTimeout: duration(4, { doc: "How long devices have to become ready." }),
    },
    { doc: "How devices are given out." },
  ),
  InterPodAffinity: struct(
    name("InterPodAffinityArgs"),
    {
      ...typeMeta,
      hardPodAffinityWeight: int32(3, { doc: "How much required affinity draws other pods.", pointer: true }),
      ignorePreferredTermsOfExistingPods: bool(4, { doc: "Pods without preferences ignore those of others." }),
    },
    { doc: "How pods keep near or apart." },
  ),
  NodeAffinity: struct(
    name("NodeAffinityArgs"),
    { ...typeMeta, addedAffinity: message(3, NodeAffinity, { doc: "Holds for every pod of the profile." }) },
    { doc: "On which nodes pods run." },
  ),
  NodeResourcesBalancedAllocation: struct(
    name("NodeResourcesBalancedAllocationArgs"),
    { ...typeMeta, resources: list(3, ResourceSpec, { doc: "What is balanced; cpu and memory unless given." }) },
    { doc: "How resources are balanced." },
  ),
  NodeResourcesFit: struct(
    name("NodeResourcesFitArgs"),
    {
      ...typeMeta,
      ignoredResources: list(3, "string", { doc: "Extended resources that are not looked at." }),
      ignoredResourceGroups: list(4, "string", { doc: "The same by what stands before the slash." }),
      scoringStrategy: message(5, ScoringStrategy, { doc: "Which nodes are better." }),
    },
    { doc: "How room on nodes is looked for." },
  ),
  PodTopologySpread: struct(
    name("PodTopologySpreadArgs"),
    {
      ...typeMeta,
      defaultConstraints: list(3, TopologySpreadConstraint, { doc: "For pods without constraints of their own." }),
      defaultingType: string(4, { doc: "List or System." }),
    },
    { doc: "How pods are spread." },
  ),
  VolumeBinding: struct(
    name("VolumeBindingArgs"),
    {
      ...typeMeta,
      bindTimeoutSeconds: int64(3, { doc: "How long volumes have to be bound.", pointer: true }),
      shape: list(4, UtilizationShapePoint, { doc: "How storage capacity is scored." }),
    },
    { doc: "How volumes are bound." },
  ),
} as const satisfies Record<string, AnyStruct>
export type PluginArgs = { readonly [P in keyof typeof PLUGIN_ARGS]: TypeOf<(typeof PLUGIN_ARGS)[P]> }
