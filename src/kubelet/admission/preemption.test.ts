import assert from "node:assert/strict"
import { test } from "node:test"
import { containerOf, podOf } from "../testing/pods.ts"
import { podsToPreempt, type Shortage } from "./preemption.ts"

const mi = 1024 ** 2
const bestEffort = (name: string) => podOf({ containers: [containerOf("a")] }, { name })
const burstable = (name: string, memory: string, cpu = "100m") =>
  podOf({ containers: [containerOf("a", { resources: { requests: { memory, cpu } } })] }, { name })
const guaranteed = (name: string, memory: string, cpu = "100m") =>
  podOf(
    { containers: [containerOf("a", { resources: { requests: { memory, cpu }, limits: { memory, cpu } } })] },
    { name },
  )
const critical = podOf({ priority: 2_000_000_000, containers: [] }, { name: "critical" })

const cases: { name: string; others: ReturnType<typeof podOf>[]; missing: Shortage[]; want: string }[] = [
  { name: "nothing is missing", others: [bestEffort("a")], missing: [], want: "" },
  {
    name: "a place: a pod without requests gives it",
    others: [guaranteed("g", "1Gi"), bestEffort("b"), burstable("u", "1Gi")],
    missing: [{ resource: "pods", amount: 1 }],
    want: "b",
  },
  {
    name: "the burstable before the guaranteed, the smallest that is enough",
    others: [
      guaranteed("g", "1Gi"),
      burstable("large", "500Mi"),
      burstable("fits", "200Mi"),
      burstable("small", "50Mi"),
    ],
    missing: [{ resource: "memory", amount: 150 * mi }],
    want: "fits",
  },
  {
    name: "the guaranteed for what the others do not have",
    others: [guaranteed("g", "300Mi"), guaranteed("h", "900Mi"), burstable("u", "200Mi"), bestEffort("b")],
    missing: [{ resource: "memory", amount: 400 * mi }],
    want: "u g",
  },
  {
    name: "several resources at once",
    others: [burstable("memory", "500Mi", "10m"), burstable("cpu", "1Mi", "900m"), burstable("both", "400Mi", "800m")],
    missing: [
      { resource: "memory", amount: 300 * mi },
      { resource: "cpu", amount: 500 },
    ],
    want: "both",
  },
]
for (const { missing, name, others, want } of cases) {
  test(`preempted: ${name}`, () => {
    const names = podsToPreempt(critical, others, missing).map(({ metadata }) => metadata.name)
    assert.equal(names.join(" "), want)
  })
}

test("critical pods stay, and what cannot be had is named", () => {
  const others = [
    podOf({ ...critical.spec, containers: [containerOf("a", { resources: { requests: { memory: "9Gi" } } })] }),
  ]
  assert.throws(() => podsToPreempt(critical, others, [{ resource: "memory", amount: 5 }]), {
    message:
      "preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: memory, q: 5), ]",
  })
})
