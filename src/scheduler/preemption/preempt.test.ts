import assert from "node:assert/strict"
import { test } from "node:test"
import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { search } from "../cycle.ts"
import { cluster, firstOf, node, pod, profileOver } from "../testing.ts"
import { unschedulableMessage } from "../verdicts.ts"
import { pickCandidate } from "./pick-candidate.ts"
import { findCandidates } from "./preempt.ts"

interface Case {
  readonly name: string
  readonly pod?: Pod
  readonly nodes?: readonly Node[]
  readonly pods: readonly Pod[]
  readonly budgets?: readonly PodDisruptionBudget[]
  /** The node that the pod has in view. */
  readonly inView?: string
  readonly othersInView?: readonly Pod[]
  /** `node: victims`, or the text of FailedScheduling. */
  readonly want: string
}

const ARGS = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 }
const EVERYWHERE = { startAt: 0, percentageOfNodesToScore: 0 }

function outcome({ pod: wanted = high(), nodes = [node("n1")], pods, budgets = [], ...inView }: Case): string {
  const state = cluster(nodes, pods)
  state.nominations.set(wanted, inView.inView ?? "")
  for (const other of inView.othersInView ?? []) state.nominations.set(other, "n1")
  const { feasible, plans, verdicts } = search(wanted, state, profileOver(state), EVERYWHERE)
  if (feasible[0] !== undefined) return `fits on ${feasible[0].name}`
  const found = findCandidates(wanted, { verdicts, plans, cluster: state }, ARGS, budgets, firstOf)
  if (found.type !== "candidates") return unschedulableMessage(verdicts, `preemption: ${found.message}`)
  const best = pickCandidate(found.candidates)
  return `${best?.nodeName}: ${best?.victims.map(({ metadata }) => metadata.name).join(" ")}`
}

const high = (spec: Parameters<typeof pod>[1] = {}) => pod("high", { priority: 1000, requests: { cpu: "4" }, ...spec })
const on = (nodeName: string, name: string, cpu: string, priority = 0, more: Parameters<typeof pod>[1] = {}) =>
  pod(name, { nodeName, priority, requests: { cpu }, ...more })
const since = (startTime: string, started: Pod): Pod => ({ ...started, status: { ...started.status, startTime } })
const leaving = (reason: string, ends: Pod): Pod => ({
  ...ends,
  metadata: { ...ends.metadata, deletionTimestamp: "2026-01-01T00:01:00Z" },
  status: { conditions: [{ type: "DisruptionTarget", status: "True", reason }] },
})
const budget = (app: string, disruptionsAllowed: number, disrupted: readonly string[] = []): PodDisruptionBudget =>
  ({
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, disruptedPods: Object.fromEntries(disrupted.map((name) => [name, ""])) },
  }) as unknown as PodDisruptionBudget
const app = (name: string) => ({ labels: { app: name } })
const NO_ROOM = "0/1 nodes are available: 1 Insufficient cpu. preemption:"

const cases: readonly Case[] = [
  { name: "takes the room of a pod of lower priority", pods: [on("n1", "low", "1")], want: "n1: low" },
  {
    name: "never takes that of an equal",
    pods: [on("n1", "peer", "1", 1000)],
    want: `${NO_ROOM} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  },
  {
    name: "says what is still missing without all lower pods",
    pods: [on("n1", "peer", "1", 1000), on("n1", "low", "1")],
    want: `${NO_ROOM} 0/1 nodes are available: 1 Insufficient cpu.`,
  },
  {
    name: "spares everybody when no node is large enough",
    pod: high({ requests: { cpu: "5" } }),
    pods: [on("n1", "low", "1")],
    want: `${NO_ROOM} 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  },
  {
    name: "tells nodes that cannot help from those that could",
    nodes: [node("n1"), node("n2", { unschedulable: true })],
    pods: [on("n1", "peer", "1", 1000), on("n2", "low", "1")],
    want: "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  },
  {
    name: "does not want to",
    pod: high({ preemptionPolicy: "Never" }),
    pods: [on("n1", "low", "1")],
    want: `${NO_ROOM} not eligible due to preemptionPolicy=Never.`,
  },
  {
    name: "ends no more pods than necessary, the least important ones",
    pod: high({ requests: { cpu: "2" } }),
    pods: [on("n1", "a", "1", 3), on("n1", "b", "1", 1), on("n1", "c", "1", 4), on("n1", "d", "1", 2)],
    want: "n1: d b",
  },
  {
    name: "keeps of equals those that run longest",
    pod: high({ requests: { cpu: "1" } }),
    pods: [since("2026-01-01T00:00:02Z", on("n1", "young", "2")), since("2026-01-01T00:00:01Z", on("n1", "old", "2"))],
    want: "n1: young",
  },
  {
    name: "keeps pods of a used up budget rather than more important ones",
    pod: high({ requests: { cpu: "2" } }),
    pods: [on("n1", "safe", "2", 0, app("db")), on("n1", "web", "2", 5)],
    budgets: [budget("db", 0)],
    want: "n1: web",
  },
  {
    name: "breaks a budget when there is no other way",
    pods: [on("n1", "safe", "2", 0, app("db"))],
    budgets: [budget("db", 0)],
    want: "n1: safe",
  },
  {
    name: "does not count a pod twice whose eviction was allowed",
    pod: high({ requests: { cpu: "2" } }),
    pods: [on("n1", "going", "2", 0, app("db")), on("n1", "web", "2", 5)],
    budgets: [budget("db", 0, ["going"])],
    want: "n1: going",
  },
  {
    name: "waits for those that leave for it",
    pods: [leaving("PreemptionByScheduler", on("n1", "low", "1"))],
    inView: "n1",
    want: `${NO_ROOM} not eligible due to a terminating pod on the nominated node.`,
  },
  {
    name: "does not wait for those that leave for other reasons",
    pods: [leaving("EvictionByEvictionAPI", on("n1", "low", "1"))],
    inView: "n1",
    want: "n1: low",
  },
  {
    name: "looks elsewhere when the node in view can no longer take it",
    nodes: [node("n1", { unschedulable: true }), node("n2")],
    pods: [leaving("PreemptionByScheduler", on("n1", "gone", "1")), on("n2", "low", "1")],
    inView: "n1",
    want: "n2: low",
  },
  {
    name: "frees a host port",
    pod: high({ containers: [{ name: "c", ports: [{ hostPort: 80, protocol: "TCP" }] }] as never }),
    pods: [
      on("n1", "other", "1"),
      on("n1", "web", "1", 5, { containers: [{ name: "c", ports: [{ hostPort: 80, protocol: "TCP" }] }] as never }),
    ],
    want: "n1: web",
  },
  {
    name: "ends who does not want it near",
    pod: high({ requests: { cpu: "1" }, ...app("db") }),
    pods: [
      on("n1", "other", "1"),
      on("n1", "averse", "1", 5, {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "db" } } },
            ],
          },
        },
      }),
    ],
    want: "n1: averse",
  },
  {
    name: "leaves the room made for a more important pod",
    pod: high({ requests: { cpu: "2" } }),
    pods: [on("n1", "low", "1")],
    othersInView: [pod("highest", { priority: 2000, requests: { cpu: "3" } })],
    want: `${NO_ROOM} 0/1 nodes are available: 1 Insufficient cpu.`,
  },
  {
    name: "takes the room made for a less important pod",
    pods: [],
    othersInView: [pod("lower", { priority: 500, requests: { cpu: "3" } })],
    want: "fits on n1",
  },
  {
    name: "goes to the node in view, though another is emptier",
    pod: high({ requests: { cpu: "1" } }),
    nodes: [node("n1"), node("n2")],
    pods: [on("n1", "low", "2")],
    inView: "n1",
    want: "fits on n1",
  },
]

for (const each of cases) test(`preemption: ${each.name}`, () => assert.equal(outcome(each), each.want))

test("what is decided changes nothing by itself", () => {
  const state = cluster([node("n1")], [on("n1", "low", "1")])
  const { plans, verdicts } = search(high(), state, profileOver(state), EVERYWHERE)
  findCandidates(high(), { verdicts, plans, cluster: state }, ARGS, [], firstOf)
  assert.deepEqual([...(state.nodes.get("n1")?.pods.keys() ?? [])], ["default/low"])
})
