import assert from "node:assert/strict"
import { test } from "node:test"
import type { Invariant, Situation } from "../invariant.ts"
import { Record } from "../record.ts"
import { bindings } from "./bindings.ts"
import { budgets } from "./budgets.ts"
import { converged } from "./converged.ts"
import { endpoints } from "./endpoints.ts"
import { jobs } from "./jobs.ts"
import { livesOfPods } from "./lives-of-pods.ts"
import { owners } from "./owners.ts"
import { quotas } from "./quotas.ts"
import { rollouts } from "./rollouts.ts"
import { statefulSets } from "./stateful-sets.ts"

/** Each rule is shown a history that breaks it in the last change, or at rest. */

interface Case {
  readonly name: string
  readonly rule: Invariant
  readonly history: readonly (readonly [key: string, object: object | null])[]
  readonly expected: RegExp
}

/** No change: the cluster comes to rest. */
const REST = ["", null] as const
const meta = (name: string, more: object = {}) => ({ name, namespace: "default", uid: name, ...more })
const ownedBy = (kind: string, name: string) => ({ ownerReferences: [{ kind, name, uid: name, controller: true }] })
const ready = { phase: "Running", podIP: "10.0.0.1", conditions: [{ type: "Ready", status: "True" }] }
const pod = (name: string, more: object = {}, spec: object = {}, status: object = ready) => ({
  kind: "Pod",
  metadata: meta(name, { labels: { app: "web" }, ...more }),
  spec: { containers: [{ name: "main", resources: { requests: { cpu: "1" } } }], ...spec },
  status,
})
const node = {
  metadata: { name: "n", uid: "n" },
  spec: {},
  status: { allocatable: { cpu: "1", pods: "9", memory: "1Gi" } },
}
const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z" }
const deployment = {
  metadata: meta("web", { generation: 1 }),
  spec: { replicas: 2, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
  status: { observedGeneration: 1 },
}
const set = (name: string, replicas: number) => ({
  metadata: meta(name, ownedBy("Deployment", "web")),
  spec: { replicas },
  status: { replicas },
})
const ofSet = ownedBy("ReplicaSet", "rs-1")
const inStateful = ownedBy("StatefulSet", "db")
const statefulSet = { metadata: meta("db", { generation: 1 }), spec: { replicas: 3 }, status: {} }
const evicted = {
  ...ready,
  conditions: [...ready.conditions, { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }],
}

const cases: readonly Case[] = [
  {
    name: "a pod that moves",
    rule: livesOfPods(),
    history: [
      ["pods/default/a", pod("a", {}, { nodeName: "n" })],
      ["pods/default/a", pod("a", {}, { nodeName: "m" })],
    ],
    expected: /moved from node n to m/,
  },
  {
    name: "two pods of one core each on a node of one core",
    rule: bindings(),
    history: [
      ["nodes/n", node],
      ["pods/default/a", pod("a", {}, { nodeName: "n" })],
      ["pods/default/b", pod("b", {}, { nodeName: "n" })],
    ],
    expected: /default\/b is bound to n: cpu of 2 is more than 1/,
  },
  {
    name: "a pod on a node whose taint it does not tolerate",
    rule: bindings(),
    history: [
      ["nodes/n", { ...node, spec: { taints: [{ key: "gpu", effect: "NoSchedule" }] } }],
      ["pods/default/a", pod("a", {}, { nodeName: "n" })],
    ],
    expected: /taint gpu is not tolerated/,
  },
  {
    name: "a pod beyond the quota",
    rule: quotas(),
    history: [
      ["resourcequotas/default/q", { metadata: meta("q"), spec: {}, status: { hard: { pods: "1" } } }],
      ["pods/default/a", pod("a")],
      ["pods/default/b", pod("b")],
    ],
    expected: /with pods default\/b, pods is 2 of 1 allowed/,
  },
  {
    name: "an eviction that leaves too few",
    rule: budgets(),
    history: [
      [
        "poddisruptionbudgets.policy/default/p",
        { metadata: meta("p"), spec: { selector: { matchLabels: { app: "web" } } }, status: { desiredHealthy: 1 } },
      ],
      ["pods/default/a", pod("a")],
      ["pods/default/a", pod("a", leaving, {}, evicted)],
    ],
    expected: /leaves 0 pods, default\/p asks for 1/,
  },
  {
    name: "replica sets that together ask for more than the surge",
    rule: rollouts(),
    history: [
      ["deployments.apps/default/web", deployment],
      ["replicasets.apps/default/rs-1", set("rs-1", 2)],
      ["replicasets.apps/default/rs-2", set("rs-2", 2)],
    ],
    expected: /asks for 4 pods, at most 3/,
  },
  {
    name: "a rollout that takes a ready pod too early",
    rule: rollouts(),
    history: [
      ["deployments.apps/default/web", deployment],
      ["replicasets.apps/default/rs-1", set("rs-1", 2)],
      ["pods/default/a", pod("a", ofSet)],
      ["pods/default/b", pod("b", ofSet)],
      REST,
      ["pods/default/b", pod("b", { ...ofSet, ...leaving })],
    ],
    expected: /left with 1 ready pods, at least 2/,
  },
  {
    name: "an ordinal before the one below it",
    rule: statefulSets(),
    history: [
      ["statefulsets.apps/default/db", statefulSet],
      ["pods/default/db-1", pod("db-1", inStateful)],
    ],
    expected: /db-1 is made when 0 of 1 before it are there/,
  },
  {
    name: "a completion that no pod has had",
    rule: jobs(),
    history: [["jobs.batch/default/j", { metadata: meta("j"), spec: { completions: 3 }, status: { succeeded: 1 } }]],
    expected: /counts 1 completions, 0 pods succeeded/,
  },
  {
    name: "a child without its owner",
    rule: owners(),
    history: [["pods/default/a", pod("a", ownedBy("ReplicaSet", "gone"))]],
    expected: /pods default\/a is left, but ReplicaSet gone is gone/,
  },
  {
    name: "a ready pod that no endpoint tells of",
    rule: endpoints(),
    history: [
      ["services/default/web", { metadata: meta("web"), spec: { selector: { app: "web" } } }],
      ["pods/default/a", pod("a")],
    ],
    expected: /slices of default\/web are \[\], ready pods are \[10\.0\.0\.1\]/,
  },
  {
    name: "a replica set that miscounts",
    rule: converged(),
    history: [["replicasets.apps/default/rs-1", set("rs-1", 1)]],
    expected: /has status\.replicas 1, expected 0/,
  },
]

for (const { expected, history, name, rule } of cases) {
  test(`rules find ${name}`, () => {
    const record = new Record()
    const situation: Situation = { record, nowMs: 0, isCalm: true, isUntouched: true, wasCrashed: false, restsEver: 0 }
    const show = () => {
      for (const [index, [key, object]] of history.entries()) {
        if (key === "") rule.atRest?.(situation)
        const value = object === null ? "" : JSON.stringify(object)
        const change = record.apply({ key: `/registry/${key}`, revision: index + 2, deleted: object === null, value })
        if (change !== undefined) rule.onChange?.(change, situation)
      }
      rule.atRest?.(situation)
    }
    assert.throws(show, expected)
  })
}
