import assert from "node:assert/strict"
import { test } from "node:test"
import { node } from "../testing.ts"
import { plannedTaints, silenceLeftMs, unknownConditions } from "./plan.ts"

const NOW = "2026-01-01T00:00:00Z"
const ready = (status: string) => ({ status: { conditions: [{ type: "Ready", status }] } })
const told = (...[target, evict = true]: [Parameters<typeof plannedTaints>[0], boolean?]) =>
  plannedTaints(target, evict, NOW)?.map(({ key, effect }) => `${key}:${effect}`)

test("a node may be silent for 50 seconds, and take 60 to speak at all", () => {
  assert.equal(silenceLeftMs(node("n", ready("True")), { atMs: 1000 }, 50_999), 1)
  assert.equal(silenceLeftMs(node("n", ready("True")), { atMs: 1000 }, 51_000), 0)
  assert.equal(silenceLeftMs(node("n"), { atMs: 0 }, 59_000), 1000)
})

test("silence makes conditions unknown, and adds those never posted", () => {
  const conditions = unknownConditions(node("n", ready("True")), NOW)
  assert.deepEqual(
    conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ["Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."],
      ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => [
        type,
        "Unknown",
        "NodeStatusNeverUpdated",
        "Kubelet never posted node status.",
      ]),
    ],
  )
  assert.equal(unknownConditions(node("n", { status: { conditions } }), NOW), undefined)
})

const taint = (key: string, effect: string) => ({ key: `node.kubernetes.io/${key}`, effect })
const cases = [
  { name: "nothing on a good node", node: node("n", ready("True")), want: undefined },
  {
    name: "not-ready",
    node: node("n", ready("False")),
    want: ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"],
  },
  {
    name: "no eviction when no node is ready",
    node: node("n", ready("Unknown")),
    evict: false,
    want: ["node.kubernetes.io/unreachable:NoSchedule"],
  },
  {
    name: "unreachable replaces not-ready",
    node: node("n", {
      ...ready("Unknown"),
      spec: { taints: [taint("not-ready", "NoSchedule"), taint("not-ready", "NoExecute")] },
    }),
    want: ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
  },
  {
    name: "cordon and pressure, beside what a person set",
    node: node("n", {
      status: {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "DiskPressure", status: "True" },
        ],
      },
      spec: {
        unschedulable: true,
        taints: [{ key: "mine", effect: "NoSchedule" }, taint("memory-pressure", "NoSchedule")],
      },
    }),
    want: [
      "mine:NoSchedule",
      "node.kubernetes.io/disk-pressure:NoSchedule",
      "node.kubernetes.io/unschedulable:NoSchedule",
    ],
  },
  {
    name: "recovery",
    node: node("n", {
      ...ready("True"),
      spec: { taints: [taint("unreachable", "NoSchedule"), taint("unreachable", "NoExecute")] },
    }),
    want: [],
  },
]
for (const { name, node: target, evict, want } of cases)
  test(`taints: ${name}`, () => assert.deepEqual(told(target, evict), want))
