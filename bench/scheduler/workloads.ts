/** What is scheduled, after the workloads that kube-scheduler's own measurements use (scheduler_perf). */
export interface Workload {
  readonly name: string
  /** Pods per second that kube-scheduler's maintainers hold it to, at 5,000 nodes; absent: they hold it to nothing. */
  readonly publishedFloor?: number
  readonly nodeLabels?: (index: number) => Readonly<Record<string, string>>
  /** Pods that are on nodes before, for so many nodes. */
  readonly before: (nodes: number) => readonly PodShape[]
  readonly measured: PodShape
  /** How many pods are measured, for so many nodes. */
  readonly count: (nodes: number) => number
  /** How many pods each measured one takes the place of. */
  readonly victims?: number
  /** What comes meanwhile, again and again: a node, a service and a pod that fits nowhere, which go again, or one such pod. */
  readonly meanwhile?: { readonly everyMs: number; readonly create: "churn" | PodShape }
}

export interface PodShape {
  readonly labels?: Readonly<Record<string, string>>
  readonly namespace?: string
  readonly cpu?: string
  readonly spec?: object
}

const ZONE = "topology.kubernetes.io/zone"
const HOSTNAME = "kubernetes.io/hostname"
const inOneZone = () => ({ [ZONE]: "zone1" })
const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value)
const near = (color: string, topologyKey: string) => ({
  requiredDuringSchedulingIgnoredDuringExecution: [
    { topologyKey, labelSelector: { matchLabels: { color } }, namespaces: ["sched-1", "sched-0"] },
  ],
})

const averse: PodShape = {
  labels: { color: "green" },
  namespace: "sched-0",
  spec: { affinity: { podAntiAffinity: near("green", HOSTNAME) } },
}
const sociable: PodShape = {
  labels: { color: "blue" },
  namespace: "sched-1",
  spec: { affinity: { podAffinity: near("blue", ZONE) } },
}
const inZones: PodShape = {
  spec: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: "In", values: ["zone1", "zone2"] }] }],
        },
      },
    },
  },
}
const spread: PodShape = {
  labels: { color: "blue" },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 5,
        topologyKey: ZONE,
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { color: "blue" } },
      },
    ],
  },
}

const important: PodShape = { cpu: "3000m", spec: { priority: 10 } }

const fourOnEach = (nodes: number) =>
  times<PodShape>(4 * nodes, { cpu: "900m", spec: { terminationGracePeriodSeconds: 0 } })
const thousand = (nodes: number) => Math.min(nodes, 1000)
const some = (nodes: number) => Math.min(nodes, 2000)

export const workloads: readonly Workload[] = [
  { name: "basic", publishedFloor: 270, before: (nodes) => times(thousand(nodes), {}), measured: {}, count: some },
  {
    name: "node affinity",
    publishedFloor: 220,
    nodeLabels: inOneZone,
    before: (nodes) => times(nodes, inZones),
    measured: inZones,
    count: some,
  },
  {
    name: "pod affinity",
    publishedFloor: 35,
    nodeLabels: inOneZone,
    before: (nodes) => times(nodes, sociable),
    measured: sociable,
    count: some,
  },
  {
    name: "anti-affinity",
    publishedFloor: 540,
    before: (nodes) => times(Math.min(nodes / 2, 1000), averse),
    measured: { labels: { color: "green" }, namespace: "sched-1" },
    count: some,
  },
  {
    name: "topology spread",
    publishedFloor: 85,
    nodeLabels: (index) => ({ [ZONE]: `moon-${index % 3}` }),
    before: (nodes) => times(nodes, {}),
    measured: spread,
    count: some,
  },
  {
    // Their PreemptionAsync, which has the floor: what is measured fits, while five times a second a pod comes that does not.
    name: "preemption",
    publishedFloor: 160,
    before: fourOnEach,
    measured: {},
    count: (nodes) => nodes,
    meanwhile: { everyMs: 200, create: important },
  },
  {
    // Their PreemptionBasic, which they hold to nothing and do not run at 5,000 nodes: each pod takes the place of three.
    name: "preemption by every pod",
    before: fourOnEach,
    measured: important,
    count: thousand,
    victims: 3,
  },
  {
    name: "mixed churn",
    publishedFloor: 265,
    before: () => [],
    measured: {},
    count: some,
    meanwhile: { everyMs: 1000, create: "churn" },
  },
]
