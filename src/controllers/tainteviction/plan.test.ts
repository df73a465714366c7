import assert from "node:assert/strict"
import { test } from "node:test"
import { node, pod } from "../testing.ts"
import { evictAfterMs } from "./plan.ts"

const unreachable = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" }
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
  { name: "tolerated for a time", taints: [unreachable], tolerations: [tolerate(300)], want: 300_000 },
  {
    name: "of the tolerations of one taint the first counts",
    taints: [unreachable],
    tolerations: [tolerate(300), tolerate(100), tolerate()],
    want: 300_000,
  },
  {
    name: "of the taints the one that is tolerated for the shortest time counts",
    taints: [unreachable, { key: "b", effect: "NoExecute" }],
    tolerations: [tolerate(300), { key: "b", operator: "Exists", tolerationSeconds: 100 }],
    want: 100_000,
  },
  { name: "no time at all", taints: [unreachable], tolerations: [tolerate(-1)], want: 0 },
  {
    name: "one of two taints is not tolerated",
    taints: [unreachable, { key: "b", effect: "NoExecute" }],
    tolerations: [tolerate(300)],
    want: "now",
  },
]
for (const { name, taints, tolerations, want } of cases) {
  test(`eviction: ${name}`, () => {
    assert.equal(evictAfterMs(pod("p", { spec: { tolerations } }), node("n", { spec: { taints } })), want)
  })
}
