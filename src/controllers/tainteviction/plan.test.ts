import assert from "node:assert/strict"
import { test } from "node:test"
import { node, pod } from "../testing.ts"
import { evictionTime } from "./plan.ts"

const NOW = Date.parse("2026-01-01T00:10:00Z")
const unreachable = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" }
const since = { ...unreachable, timeAdded: "2026-01-01T00:09:00Z" }
const tolerate = (tolerationSeconds?: number) => ({
  key: unreachable.key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})

const cases = [
  { name: "no taint", taints: [], tolerations: [], want: "never" },
  {
    name: "a taint that only keeps new pods away",
    taints: [{ key: "a", effect: "NoSchedule" }],
    tolerations: [],
    want: "never",
  },
  { name: "not tolerated", taints: [unreachable], tolerations: [], want: "now" },
  { name: "tolerated for ever", taints: [unreachable], tolerations: [tolerate()], want: "never" },
  {
    name: "tolerated for a time, since the taint was set",
    taints: [since],
    tolerations: [tolerate(300)],
    want: NOW - 60_000 + 300_000,
  },
  {
    name: "the shortest time counts",
    taints: [since],
    tolerations: [tolerate(300), tolerate(100), tolerate()],
    want: NOW - 60_000 + 100_000,
  },
  { name: "zero means at once", taints: [unreachable], tolerations: [tolerate(0)], want: "now" },
  {
    name: "one of two taints is not tolerated",
    taints: [since, { key: "b", effect: "NoExecute" }],
    tolerations: [tolerate(300)],
    want: "now",
  },
]
for (const { name, taints, tolerations, want } of cases) {
  test(`eviction: ${name}`, () => {
    assert.equal(evictionTime(pod("p", { spec: { tolerations } }), node("n", { spec: { taints } }), NOW), want)
  })
}
