import assert from "node:assert/strict"
import { test } from "node:test"
import { pod } from "../testing.ts"
import { collectable, endedPodsMax } from "./plan.ts"

test("pods of lost nodes, and pods that go without ever having had a node, are collected", () => {
  const pods = [
    pod("here", { spec: { nodeName: "n1" } }),
    pod("lost", { spec: { nodeName: "gone" } }),
    pod("waiting"),
    pod("unbound", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
  ]
  assert.deepEqual(
    collectable(pods, new Set(["n1"])).map(({ metadata }) => metadata.name),
    ["lost", "unbound"],
  )
})

test("of too many ended pods the oldest go", () => {
  const ended = Array.from({ length: endedPodsMax + 2 }, (_, index) =>
    pod(`p${index}`, {
      spec: { nodeName: "n1" },
      status: { phase: index % 2 ? "Failed" : "Succeeded" },
      metadata: { creationTimestamp: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString() },
    }),
  )
  const names = collectable(ended, new Set(["n1"])).map(({ metadata }) => metadata.name)
  assert.deepEqual(names, [`p${endedPodsMax + 1}`, `p${endedPodsMax}`])
})
