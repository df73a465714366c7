import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { pod, readyPod } from "../testing.ts"
import { count, plan } from "./plan.ts"

const NOW = Date.parse("2026-01-01T12:00:00Z")
const wanted = (replicas: number, minReadySeconds = 0) => ({
  replicas,
  minReadySeconds,
  templateLabels: { app: "web" },
})
const told = (replicas: number, pods: readonly Pod[], related = pods) =>
  plan(wanted(replicas), pods, () => related, NOW).map((step) =>
    step.do === "create" ? `create ${step.count}` : `delete ${step.pod.metadata.name}`,
  )
const old = "2026-01-01T00:00:00Z"

const cases: readonly {
  name: string
  replicas: number
  pods: readonly Pod[]
  related?: readonly Pod[]
  steps: string[]
}[] = [
  { name: "creates what is missing", replicas: 3, pods: [readyPod("a", old)], steps: ["create 2"] },
  { name: "is content", replicas: 1, pods: [readyPod("a", old)], steps: [] },
  { name: "creates at most a burst", replicas: 900, pods: [], steps: ["create 500"] },
  {
    name: "replaces what has ended or is going",
    replicas: 2,
    pods: [
      pod("a", { status: { phase: "Failed" } }),
      pod("b", { status: { phase: "Succeeded" } }),
      readyPod("c", old, { metadata: { deletionTimestamp: old } }),
      readyPod("d", old),
    ],
    steps: ["create 1"],
  },
  {
    name: "loses pods without a node first",
    replicas: 1,
    pods: [readyPod("a", old), pod("b", { status: { phase: "Pending" } })],
    steps: ["delete b"],
  },
  {
    name: "loses pods that are not ready before ready ones",
    replicas: 1,
    pods: [readyPod("a", old), pod("b", { spec: { nodeName: "n1" }, status: { phase: "Running" } })],
    steps: ["delete b"],
  },
  {
    name: "follows the deletion cost",
    replicas: 1,
    pods: [
      readyPod("a", old, { metadata: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-5" } } }),
      readyPod("b", old),
    ],
    steps: ["delete a"],
  },
  {
    name: "thins out the crowded node",
    replicas: 2,
    pods: [readyPod("a", old), readyPod("b", old, { spec: { nodeName: "n2" } }), readyPod("c", old)],
    steps: ["delete a"],
  },
  {
    name: "counts neighbours of other sets of the same owner",
    replicas: 1,
    pods: [readyPod("a", old), readyPod("b", old, { spec: { nodeName: "n2" } })],
    related: [
      readyPod("a", old),
      readyPod("b", old, { spec: { nodeName: "n2" } }),
      readyPod("x", old, { spec: { nodeName: "n2" } }),
    ],
    steps: ["delete b"],
  },
  {
    name: "loses the ones that are ready for the shortest time",
    replicas: 1,
    pods: [readyPod("a", "2026-01-01T11:59:00Z"), readyPod("b", old)],
    steps: ["delete a"],
  },
  {
    name: "loses the ones that restart often",
    replicas: 1,
    pods: [readyPod("a", old), readyPod("b", old, { status: { containerStatuses: [{ restartCount: 3 }] } })],
    steps: ["delete b"],
  },
]
for (const { name, replicas, pods, related, steps } of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(told(replicas, pods, related), steps))
}

test("pods count as available when they were ready for long enough", () => {
  const pods = [
    readyPod("a", "2026-01-01T11:59:50Z", { metadata: { labels: { app: "web" } } }),
    readyPod("b", "2026-01-01T11:59:55Z"),
    pod("c"),
    readyPod("d", old, { metadata: { deletionTimestamp: old } }),
  ]
  assert.deepEqual(count(wanted(3, 10), pods, NOW), {
    replicas: 3,
    fullyLabeledReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    nextAvailableMs: NOW + 5000,
  })
})
