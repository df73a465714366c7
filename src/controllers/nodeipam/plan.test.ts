import assert from "node:assert/strict"
import { test } from "node:test"
import { nextNodeRanges } from "./plan.ts"

const cases = [
  { used: [], want: "10.244.0.0/24" },
  { used: ["10.244.0.0/24", "10.244.2.0/24"], want: "10.244.1.0/24" },
  { used: ["10.244.2.0/24", "10.244.1.0/24", "10.244.0.0/24"], want: "10.244.3.0/24" },
  // A node with a larger range of its own.
  { used: ["10.244.0.0/22"], want: "10.244.4.0/24" },
  // A smaller one inside.
  { used: ["10.244.0.128/25"], want: "10.244.1.0/24" },
  { used: ["192.168.0.0/24", "fd00::/64"], want: "10.244.0.0/24" },
]
for (const { used, want } of cases) {
  test(`next to [${used.join(", ")}] comes ${want}`, () => {
    assert.deepEqual(nextNodeRanges(["10.244.0.0/16"], used), [want])
  })
}

test("a cluster of both families gives each node a range of each", () => {
  const cluster = ["10.244.0.0/16", "fd00:10:244::/48"]
  const first = nextNodeRanges(cluster, [])
  assert.deepEqual(first, ["10.244.0.0/24", "fd00:10:244::/64"])
  assert.deepEqual(nextNodeRanges(cluster, first ?? []), ["10.244.1.0/24", "fd00:10:244:1::/64"])
})

test("a full range gives nothing, and then neither does another", () => {
  assert.equal(nextNodeRanges(["10.244.0.0/23"], ["10.244.0.0/24", "10.244.1.0/24"]), undefined)
  assert.equal(nextNodeRanges(["fd00::/48", "10.244.0.0/24"], ["10.244.0.0/24"]), undefined)
})
