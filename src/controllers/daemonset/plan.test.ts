import assert from "node:assert/strict"
import { test } from "node:test"
import type { DaemonSet } from "../../api/apps/v1/daemon-set.ts"
import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { daemonSet, node, pod, readyPod } from "../testing.ts"
import { nodeOf, templateFor } from "./placement.ts"
import { plan, statusOf } from "./plan.ts"

const NOW = Date.parse("2026-01-01T12:00:00Z")
const SINCE = "2026-01-01T00:00:00Z"
const of = (hash: string, nodeName: string, more: object = {}) => ({
  metadata: { labels: { "controller-revision-hash": hash }, ...more },
  spec: { nodeName },
})
const current = (name: string, nodeName: string, more: object = {}) => readyPod(name, SINCE, of("new", nodeName, more))
const old = (name: string, nodeName: string, more: object = {}) => readyPod(name, SINCE, of("old", nodeName, more))
const going = { deletionTimestamp: SINCE }
const surge = daemonSet({
  spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
})

const told = (set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[]): string[] =>
  plan({ set, nodes, pods, hash: "new", nowMs: NOW }).map((step) =>
    step.do === "create" ? `create on ${step.node}` : `${step.do} ${step.pod.metadata.name}`,
  )

interface Case {
  readonly name: string
  readonly set?: DaemonSet
  readonly nodes?: readonly Node[]
  readonly pods: readonly Pod[]
  readonly steps: readonly string[]
}
const three = [node("n1"), node("n2"), node("n3")]
const cases: readonly Case[] = [
  { name: "makes a pod on every node", pods: [current("a", "n1")], steps: ["create on n2", "create on n3"] },
  {
    name: "keeps to the nodes that it selects",
    set: daemonSet({ spec: { template: { metadata: {}, spec: { containers: [], nodeSelector: { disk: "ssd" } } } } }),
    nodes: [node("n1", { metadata: { labels: { disk: "ssd" } } }), node("n2")],
    pods: [current("b", "n2")],
    steps: ["create on n1", "delete b"],
  },
  {
    name: "does not come to a tainted node, but stays where it was",
    nodes: [
      node("n1", { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } }),
      node("n2", { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } }),
    ],
    pods: [current("a", "n1")],
    steps: [],
  },
  {
    name: "is driven away by NoExecute",
    nodes: [node("n1", { spec: { taints: [{ key: "k", effect: "NoExecute" }] } })],
    pods: [current("a", "n1")],
    steps: ["delete a"],
  },
  {
    name: "bears cordons and nodes that are not ready",
    nodes: [
      node("n1", {
        spec: {
          taints: [
            { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
            { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
          ],
        },
      }),
    ],
    pods: [],
    steps: ["create on n1"],
  },
  {
    name: "replaces pods that ended, whichever way",
    nodes: [node("n1"), node("n2")],
    pods: [
      pod("a", { ...of("new", "n1"), status: { phase: "Failed" } }),
      pod("b", { ...of("new", "n2"), status: { phase: "Succeeded" } }),
    ],
    steps: ["replaceFailed a", "replaceSucceeded b"],
  },
  {
    name: "with a surge does not wait for a pod that is ending",
    set: surge,
    nodes: [node("n1")],
    pods: [old("a", "n1", going)],
    steps: ["create on n1"],
  },
  {
    name: "with a surge drops an old pod that is not ready, though its successor is not available",
    set: surge,
    nodes: [node("n1")],
    pods: [pod("a", of("old", "n1")), pod("b", of("new", "n1"))],
    steps: ["delete a"],
  },
  { name: "waits for a pod that is ending", nodes: [node("n1")], pods: [current("a", "n1", going)], steps: [] },
  {
    name: "replaces a failed pod",
    nodes: [node("n1")],
    pods: [pod("a", { ...of("new", "n1"), status: { phase: "Failed" } })],
    steps: ["replaceFailed a"],
  },
  {
    name: "keeps the oldest of several",
    nodes: [node("n1")],
    pods: [current("b", "n1", { creationTimestamp: "2026-01-02T00:00:00Z" }), current("a", "n1")],
    steps: ["delete b"],
  },
  {
    name: "updates one node at a time",
    pods: [old("a", "n1"), old("b", "n2"), current("c", "n3")],
    steps: ["delete a"],
  },
  {
    name: "goes on only when the last one is available",
    pods: [old("a", "n1"), old("b", "n2"), pod("c", of("new", "n3"))],
    steps: [],
  },
  {
    name: "replaces broken old pods whatever the limit",
    pods: [pod("a", of("old", "n1")), old("b", "n2"), pod("c", of("new", "n3"))],
    steps: ["delete a"],
  },
  {
    name: "leaves updates to people with OnDelete",
    set: daemonSet({ spec: { updateStrategy: { type: "OnDelete" } } }),
    pods: [old("a", "n1"), old("b", "n2"), old("c", "n3")],
    steps: [],
  },
  {
    name: "surges by one",
    set: surge,
    pods: [old("a", "n1"), old("b", "n2"), current("c", "n3")],
    steps: ["create on n1"],
  },
  {
    name: "takes the old pod away when its successor is available",
    set: surge,
    pods: [old("a", "n1"), current("a2", "n1"), old("b", "n2"), current("c", "n3")],
    steps: ["delete a"],
  },
]
for (const { name, set = daemonSet(), nodes = three, pods, steps } of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(told(set, nodes, pods), steps))
}

test("a pod is meant for its node before it is bound there", () => {
  const { metadata, spec } = templateFor(daemonSet(), "n7", "hash")
  assert.equal(nodeOf({ spec } as unknown as Pod), "n7")
  assert.equal(metadata.labels?.["controller-revision-hash"], "hash")
  assert.equal(spec.tolerations?.length, 6)
})

test("the status counts by nodes", () => {
  const nodes = [...three, node("n4", { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } })]
  const pods = [current("a", "n1"), old("b", "n2"), current("d", "n4")]
  assert.deepEqual(
    statusOf({ set: daemonSet({ metadata: { generation: 2 } }), nodes, pods, hash: "new", nowMs: NOW }),
    {
      currentNumberScheduled: 2,
      numberMisscheduled: 1,
      desiredNumberScheduled: 3,
      numberReady: 2,
      observedGeneration: 2,
      updatedNumberScheduled: 1,
      numberAvailable: 2,
      numberUnavailable: 1,
    },
  )
})
