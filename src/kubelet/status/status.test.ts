import assert from "node:assert/strict"
import { test } from "node:test"
import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import { next } from "../pod/next.ts"
import { containerOf, factsOf, instance, podOf } from "../testing/pods.ts"
import { podPhase } from "./phase.ts"
import { podStatus, type StatusFacts } from "./pod-status.ts"
import { statusPatch } from "./status-patch.ts"

type State = "creating" | "running" | number | "backing off"
function statusOf(name: string, state: State): ContainerStatus {
  const terminated = { exitCode: typeof state === "number" ? state : 1 }
  const base = { name, image: "", imageID: "", ready: false, restartCount: 0, lastState: {}, state: {} }
  if (state === "running") return { ...base, started: true, ready: true, state: { running: {} } }
  if (state === "creating") return { ...base, state: { waiting: { reason: "ContainerCreating" } } }
  if (state === "backing off")
    return { ...base, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated } }
  return { ...base, ready: state === 0, state: { terminated } }
}

const phases: [string, object, Record<string, State>, string][] = [
  ["nothing yet", {}, {}, "Pending"],
  ["one is created", {}, { a: "running", b: "creating" }, "Pending"],
  ["all run", {}, { a: "running", b: "running" }, "Running"],
  ["one backs off", {}, { a: "backing off", b: "backing off" }, "Running"],
  ["all done", { restartPolicy: "OnFailure" }, { a: 0, b: 0 }, "Succeeded"],
  ["one failed", { restartPolicy: "Never" }, { a: 0, b: 2 }, "Failed"],
  ["one failed, one runs", { restartPolicy: "Never" }, { a: "running", b: 2 }, "Running"],
  ["to be restarted", { restartPolicy: "OnFailure" }, { a: 0, b: 2 }, "Running"],
  ["init runs", { initContainers: [containerOf("i")] }, { i: "running", a: "creating", b: "creating" }, "Pending"],
  [
    "init failed",
    { restartPolicy: "Never", initContainers: [containerOf("i")] },
    { i: 1, a: "creating", b: "creating" },
    "Failed",
  ],
]
for (const [name, spec, states, want] of phases) {
  test(`phase when ${name}`, () => {
    const pod = podOf({ containers: [containerOf("a"), containerOf("b")], ...spec })
    const statuses = new Map(Object.entries(states).map(([each, state]) => [each, statusOf(each, state)]))
    assert.equal(podPhase({ pod, statuses, restartingAll: false, ended: false }), want)
  })
}

test("a pod that was ended shows what became of its containers whatever the policy", () => {
  const pod = podOf({ containers: [containerOf("a")] })
  const statuses = new Map([["a", statusOf("a", 143)]])
  assert.equal(podPhase({ pod, statuses, restartingAll: false, ended: true }), "Failed")
})

const statusFacts = (
  pod = podOf({ containers: [containerOf("a")] }),
  more: Partial<StatusFacts> = {},
): StatusFacts => ({
  ...factsOf(pod, [instance("a")]),
  waiting: new Map(),
  messages: new Map(),
  ending: false,
  ended: false,
  verdict: undefined,
  resize: [],
  nodeIps: ["192.168.0.1"],
  runtimeName: "gantry",
  ...more,
})

test("a phase that was final stays", () => {
  const pod = podOf({ containers: [containerOf("a")] }, {}, { phase: "Succeeded" })
  assert.equal(podStatus(statusFacts(pod)).phase, "Succeeded")
})

test("conditions change their time only with their status, and those of others stay", () => {
  const before = podStatus(statusFacts())
  const foreign = { type: "example.com/gate", status: "True" }
  const conditions = [...(before.conditions ?? []), foreign]
  const pod = podOf({ containers: [containerOf("a")] }, {}, { ...before, conditions })
  const after = podStatus(statusFacts(pod, { nowMs: 9_000_000 }))
  assert.deepEqual(after.conditions?.[0], foreign)
  assert.deepEqual(after.conditions?.slice(1), before.conditions)
})

test("only what differs is written, and unset fields are removed", () => {
  const stored = podStatus(statusFacts())
  assert.equal(statusPatch(stored, stored), undefined)
  const conditions = (stored.conditions ?? []).map((each) =>
    each.type === "Ready" ? { ...each, status: "False" } : each,
  )
  const { podIP: _, ...rest } = stored
  const wanted = { ...rest, conditions, podIPs: [{ ip: "10.0.0.2" }] }
  const patch = statusPatch(stored, wanted)
  assert.deepEqual(Object.keys(patch ?? {}).sort(), ["conditions", "podIP", "podIPs"])
  assert.equal(patch?.podIP, null)
  assert.deepEqual(patch?.podIPs, [{ ip: "10.0.0.2" }, { $patch: "replace" }])
  assert.equal((patch as { conditions: unknown[] }).conditions.length, 1)
})

test("containers that the runtime lost again and again are counted each time, and only once", () => {
  const spec = { containers: [containerOf("a")] }
  const gone = (status: object) => factsOf(podOf(spec, {}, status), [])
  const first = (status: PodStatus) => status.containerStatuses?.[0]
  let status = podStatus(statusFacts(podOf(spec)))
  for (const restarts of [1, 2, 3]) {
    for (const _ of ["at once", "asked again"]) {
      status = podStatus({ ...statusFacts(), ...gone(status) })
      assert.equal(first(status)?.restartCount, restarts)
      assert.equal(first(status)?.lastState.terminated?.reason, "ContainerStatusUnknown")
    }
    const [start] = next(gone(status)).actions
    assert.equal(start?.do === "start-container" && start.attempt, restarts)
    const runs = factsOf(podOf(spec, {}, status), [instance("a", { attempt: restarts })])
    status = podStatus({ ...statusFacts(), ...runs })
    assert.equal(first(status)?.restartCount, restarts)
  }
})

test("a container that had not started yet when another one restarted all is counted with them, and once", () => {
  const restartPolicyRules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }]
  const spec = {
    restartPolicy: "Never",
    containers: [containerOf("source", { restartPolicyRules }), containerOf("late")],
  }
  const waiting = (name: string) => ({ name, restartCount: 0, lastState: {}, state: { waiting: {} } })
  let status: object = { containerStatuses: [waiting("source"), waiting("late")] }
  for (const _ of ["at once", "asked again"]) {
    const pod = podOf(spec, {}, status)
    const { containerStatuses = [], phase } = podStatus({
      ...statusFacts(pod),
      ...factsOf(pod, [instance("source", { exit: 42 })]),
    })
    const late = containerStatuses.find(({ name }) => name === "late")
    assert.deepEqual([phase, late?.restartCount], ["Running", 1])
    assert.equal(late?.lastState.terminated?.reason, "RestartingAllContainers")
    status = { ...status, containerStatuses }
  }
})
