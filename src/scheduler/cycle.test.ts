import assert from "node:assert/strict"
import { test } from "node:test"
import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { feasibleNodesToFind } from "./cycle.ts"
import { cluster, node, pod, schedule } from "./testing.ts"

function outcome(wanted: Pod, nodes: readonly Node[], pods: readonly Pod[] = []): string {
  return schedule(wanted, cluster(nodes, pods))
}
const labelled = (name: string, zone: string) => node(name, { labels: { "topology.kubernetes.io/zone": zone } })
const near = (app: string, topologyKey = "kubernetes.io/hostname") => [
  { topologyKey, labelSelector: { matchLabels: { app } } },
]
const required = (terms: ReturnType<typeof near>) => ({ requiredDuringSchedulingIgnoredDuringExecution: terms })
const spread = (app: string, topologyKey: string) => [
  { topologyKey, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app } } },
]

const cases: readonly { name: string; pod: Pod; nodes: readonly Node[]; pods?: readonly Pod[]; want: string }[] = [
  { name: "without nodes", pod: pod("a"), nodes: [], want: "no nodes available to schedule pods" },
  { name: "takes the only node", pod: pod("a"), nodes: [node("n1")], want: "n1" },
  {
    name: "names every missing resource",
    pod: pod("a", { requests: { cpu: "5", memory: "9Gi", "example.com/gpu": "1" } }),
    nodes: [node("n1"), node("n2", { allocatable: { cpu: "8" } })],
    want: "0/2 nodes are available: 1 Insufficient cpu, 2 Insufficient example.com/gpu, 2 Insufficient memory.",
  },
  {
    name: "counts what other pods requested",
    pod: pod("a", { requests: { cpu: "3" } }),
    nodes: [node("n1")],
    pods: [pod("b", { nodeName: "n1", requests: { cpu: "1500m" } })],
    want: "0/1 nodes are available: 1 Insufficient cpu.",
  },
  {
    name: "counts pods",
    pod: pod("a"),
    nodes: [node("n1", { allocatable: { pods: "1" } })],
    pods: [pod("b", { nodeName: "n1" })],
    want: "0/1 nodes are available: 1 Too many pods.",
  },
  {
    name: "prefers the emptier node",
    pod: pod("a", { requests: { cpu: "1", memory: "1Gi" } }),
    nodes: [node("n1"), node("n2")],
    pods: [pod("b", { nodeName: "n1", requests: { cpu: "1", memory: "2Gi" } })],
    want: "n2",
  },
  {
    name: "explains taints, cordons and selectors together",
    pod: pod("a", { nodeSelector: { disk: "ssd" } }),
    nodes: [
      node("n1", { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] }),
      node("n2", { unschedulable: true }),
      node("n3"),
    ],
    want: "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
  },
  {
    name: "goes where its toleration lets it",
    pod: pod("a", { tolerations: [{ key: "k", operator: "Exists" }] }),
    nodes: [node("n1", { taints: [{ key: "k", value: "v", effect: "NoExecute" }] })],
    want: "n1",
  },
  {
    name: "prefers nodes without PreferNoSchedule",
    pod: pod("a"),
    nodes: [node("n1", { taints: [{ key: "k", effect: "PreferNoSchedule" }] }), node("n2")],
    want: "n2",
  },
  {
    name: "matches one of several affinity terms",
    pod: pod("a", {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "cores", operator: "Gt", values: ["8"] }] },
              { matchFields: [{ key: "metadata.name", operator: "In", values: ["n2"] }] },
            ],
          },
        },
      },
    }),
    nodes: [node("n1", { labels: { cores: "8" } }), node("n2")],
    want: "n2",
  },
  {
    name: "follows the weight of preferred node affinity",
    pod: pod("a", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: { matchExpressions: [{ key: "a", operator: "Exists" }] } },
            { weight: 100, preference: { matchExpressions: [{ key: "b", operator: "Exists" }] } },
          ],
        },
      },
    }),
    nodes: [node("n1", { labels: { a: "" } }), node("n2", { labels: { b: "" } })],
    want: "n2",
  },
  {
    name: "does not share a host port",
    pod: pod("a", {
      containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }] }] as never,
    }),
    nodes: [node("n1")],
    pods: [
      pod("b", {
        nodeName: "n1",
        containers: [
          { name: "c", ports: [{ containerPort: 80, hostPort: 80, hostIP: "127.0.0.1", protocol: "TCP" }] },
        ] as never,
      }),
    ],
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    name: "stays away from pods it dislikes",
    pod: pod("a", { affinity: { podAntiAffinity: required(near("web")) } }),
    nodes: [node("n1"), node("n2")],
    pods: [pod("b", { nodeName: "n1", labels: { app: "web" } })],
    want: "n2",
  },
  {
    name: "stays away from pods that dislike it",
    pod: pod("a", { labels: { app: "web" } }),
    nodes: [node("n1")],
    pods: [pod("b", { nodeName: "n1", affinity: { podAntiAffinity: required(near("web")) } })],
    want: "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    name: "goes near to what it likes, by zone",
    pod: pod("a", { affinity: { podAffinity: required(near("db", "topology.kubernetes.io/zone")) } }),
    nodes: [labelled("n1", "east"), labelled("n2", "west"), labelled("n3", "west")],
    pods: [pod("b", { nodeName: "n2", labels: { app: "db" } }), pod("c", { nodeName: "n2", requests: { cpu: "3" } })],
    want: "n3",
  },
  {
    name: "finds nobody to be near to",
    pod: pod("a", { affinity: { podAffinity: required(near("db")) } }),
    nodes: [node("n1")],
    want: "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
  },
  {
    name: "may be the first of a group that wants to be together",
    pod: pod("a", { labels: { app: "db" }, affinity: { podAffinity: required(near("db")) } }),
    nodes: [node("n1")],
    want: "n1",
  },
  {
    name: "spreads over zones",
    pod: pod("a", { labels: { app: "web" }, topologySpreadConstraints: spread("web", "topology.kubernetes.io/zone") }),
    nodes: [labelled("n1", "east"), labelled("n2", "west")],
    pods: [pod("b", { nodeName: "n1", labels: { app: "web" } })],
    want: "n2",
  },
  {
    name: "refuses to lean to one side",
    pod: pod("a", { labels: { app: "web" }, topologySpreadConstraints: spread("web", "topology.kubernetes.io/zone") }),
    nodes: [
      labelled("n1", "east"),
      node("n2", { labels: { "topology.kubernetes.io/zone": "west" }, unschedulable: true }),
      node("n3"),
    ],
    pods: [pod("b", { nodeName: "n1", labels: { app: "web" } })],
    want: "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable.",
  },
  {
    name: "prefers the node that has a large image",
    pod: pod("a", { containers: [{ name: "c", image: "big" }] as never }),
    nodes: [node("n1"), node("n2", { images: [{ names: ["big:latest"], sizeBytes: 2 ** 31 }] })],
    want: "n2",
  },
  {
    name: "takes the node it names, or none",
    pod: pod("a", { nodeName: "n9" }),
    nodes: [node("n1")],
    want: "0/1 nodes are available: 1 node(s) didn't match the requested node name.",
  },
]

for (const { name, pod: wanted, nodes, pods, want } of cases) {
  test(`schedule: ${name}`, () => assert.equal(outcome(wanted, nodes, pods), want))
}

test("init containers count at their peak, sidecars throughout, overhead on top", () => {
  const heavy = pod("a", {
    initContainers: [
      { name: "sidecar", restartPolicy: "Always", resources: { requests: { cpu: "1" } } },
      { name: "init", resources: { requests: { cpu: "2" } } },
    ] as never,
    requests: { cpu: "1" },
    overhead: { cpu: "500m" },
  })
  assert.equal(outcome(heavy, [node("n1", { allocatable: { cpu: "3500m" } })]), "n1")
  assert.match(outcome(heavy, [node("n1", { allocatable: { cpu: "3499m" } })]), /Insufficient cpu/)
})

test("large clusters are not searched to the end", () => {
  assert.deepEqual(
    [1, 99, 100, 1000, 5000, 20_000].map((nodes) => feasibleNodesToFind(nodes)),
    [1, 99, 100, 420, 500, 1000],
  )
})
