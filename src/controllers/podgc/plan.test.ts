import assert from "node:assert/strict"
import { test } from "node:test"
import { node, pod } from "../testing.ts"
import { collectable, endedPodsMax, MissingNodes } from "./plan.ts"

const names = (pods: ReturnType<typeof collectable>) => pods.map(({ metadata }) => metadata.name)
const going = { deletionTimestamp: "2026-01-01T00:00:00Z" }
const outOfService = { spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] } }
const ready = { status: { conditions: [{ type: "Ready", status: "True" }] } }

test("pods that go without a node, or on one that was declared dead, are collected", () => {
  const nodes = new Map([
    ["well", node("well", ready)],
    ["dead", node("dead", outOfService)],
    ["returned", node("returned", { ...outOfService, ...ready })],
  ])
  const pods = [
    pod("waiting"),
    pod("unbound", { metadata: going }),
    pod("ending", { metadata: going, spec: { nodeName: "well" } }),
    pod("stuck", { metadata: going, spec: { nodeName: "dead" } }),
    pod("running", { spec: { nodeName: "dead" } }),
    pod("ending-too", { metadata: going, spec: { nodeName: "returned" } }),
    pod("elsewhere", { metadata: going, spec: { nodeName: "unknown" } }),
  ]
  assert.deepEqual(names(collectable(pods, (name) => nodes.get(name))), ["unbound", "stuck"])
})

test("of too many ended pods those that were evicted go first, then the oldest", () => {
  const ended = Array.from({ length: endedPodsMax + 3 }, (_, index) =>
    pod(`p${index}`, {
      spec: { nodeName: "n1" },
      status: { phase: index % 2 ? "Failed" : "Succeeded", ...(index === 7 && { reason: "Evicted" }) },
      metadata: { creationTimestamp: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString() },
    }),
  )
  assert.deepEqual(names(collectable(ended, () => undefined)), ["p7", `p${endedPodsMax + 2}`, `p${endedPodsMax + 1}`])
})

test("nodes that are missing get some time to show up", () => {
  const missing = new MissingNodes()
  assert.deepEqual(missing.update(new Set(["a", "b"]), 0), [])
  assert.deepEqual(missing.update(new Set(["a"]), 39_999), [])
  assert.deepEqual(missing.update(new Set(["a", "b"]), 40_000), ["a"])
})
