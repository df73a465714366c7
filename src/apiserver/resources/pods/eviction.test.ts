import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Pod } from "../../../api/core/v1/pod.ts"
import { PodDisruptionBudget } from "../../../api/policy/v1/pod-disruption-budget.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { startTestBack, type TestBack } from "../testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const namespace = "default"
const pods = () => back.client.of(Pod)
const budgets = () => back.client.of(PodDisruptionBudget)

/** A pod that runs, with a label of its own; unbound, so that its deletion is immediate. */
async function run(name: string, { phase = "Running", ready = true } = {}): Promise<void> {
  const pod = await pods().create({
    metadata: { name, namespace, labels: { app: name } },
    spec: { containers: [{ name: "c", image: "i" }] },
  })
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }]
  await pods().updateStatus({ ...pod, status: { ...pod.status, phase, conditions } })
}

async function protect(name: string, app: string, status: object, spec: object = {}): Promise<void> {
  const budget = await budgets().create({
    metadata: { name, namespace },
    spec: { minAvailable: 1, selector: { matchLabels: { app } }, ...spec },
  })
  const counted = { observedGeneration: 1, desiredHealthy: 1, currentHealthy: 1, expectedPods: 1, ...status }
  await budgets().updateStatus({ ...budget, status: { ...budget.status, ...counted } })
}

const evict = (name: string, deleteOptions: object = {}) =>
  back.client.raw.post(`/api/v1/namespaces/default/pods/${name}/eviction`, {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions,
  })

/** The error as `message: cause (seconds to wait)`. */
async function refusal(name: string, code: number): Promise<string> {
  const error = await evict(name).then(
    () => assert.fail("the pod was evicted"),
    (problem: unknown) => problem,
  )
  assert.ok(error instanceof StatusError)
  assert.equal(error.code, code)
  const { causes = [], retryAfterSeconds = 0 } = error.details ?? {}
  return [
    error.message,
    ...causes.map(({ reason, message }) => `${reason}: ${message}`),
    `${retryAfterSeconds} s`,
  ].join("|")
}
const gone = async (name: string) =>
  !(await pods().list({ namespace })).items.some(({ metadata }) => metadata.name === name)

const VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget."

test("an eviction takes from the budget, and the next finds nothing left", async () => {
  await run("a")
  await protect("a", "a", { disruptionsAllowed: 1, currentHealthy: 2 })
  await evict("a", { dryRun: ["All"] })
  await evict("a")
  assert.equal(await gone("a"), true)
  const { status } = await budgets().get({ namespace, name: "a" })
  assert.equal(status.disruptionsAllowed, 0)
  assert.deepEqual(Object.keys(status.disruptedPods ?? {}), ["a"])
  assert.deepEqual(
    status.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
    [["DisruptionAllowed", "False", "InsufficientPods"]],
  )
  await run("a")
  const why = "The disruption budget a does not allow evicting pods currently"
  assert.equal(await refusal("a", 429), `${VIOLATES}|DisruptionBudget: ${why}|0 s`)
  assert.equal(await gone("a"), false)
})

test("a budget without disruptions says what it needs", async () => {
  await run("b")
  await protect("b", "b", { desiredHealthy: 2 })
  const why = "The disruption budget b needs 2 healthy pods and has 1 currently"
  assert.equal(await refusal("b", 429), `${VIOLATES}|DisruptionBudget: ${why}|0 s`)
})

test("a budget that was not counted again yet asks to wait", async () => {
  await run("c")
  await protect("c", "c", { observedGeneration: 0, disruptionsAllowed: 1 })
  const why = "The disruption budget c is still being processed by the server."
  assert.equal(await refusal("c", 429), `${VIOLATES}|DisruptionBudget: ${why}|10 s`)
})

test("a pod has one budget", async () => {
  await run("d")
  await protect("d1", "d", { disruptionsAllowed: 1 })
  await protect("d2", "d", { disruptionsAllowed: 1 })
  assert.match(
    await refusal("d", 500),
    /^This pod has more than one PodDisruptionBudget, which the eviction subresource/,
  )
})

const free: readonly { name: string; pod: object; status: object; spec?: object }[] = [
  { name: "pending", pod: { phase: "Pending" }, status: {} },
  { name: "failed", pod: { phase: "Failed" }, status: {} },
  { name: "unready", pod: { ready: false }, status: {} },
  {
    name: "anyway",
    pod: { ready: false },
    status: { desiredHealthy: 2 },
    spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" },
  },
]
for (const { name, pod, status, spec } of free) {
  test(`a pod may go whatever the budget has left: ${name}`, async () => {
    await run(name, pod)
    await protect(name, name, { disruptionsAllowed: 0, ...status }, spec)
    await evict(name)
    assert.equal(await gone(name), true)
  })
}

test("an unready pod stays while too few are healthy", async () => {
  await run("e", { ready: false })
  await protect("e", "e", { desiredHealthy: 2 })
  assert.match(await refusal("e", 429), /needs 2 healthy pods and has 1 currently/)
})
