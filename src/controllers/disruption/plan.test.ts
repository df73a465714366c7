import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { pod, readyPod } from "../testing.ts"
import { assess, failed, formatSelector, notDeleted, staleDisruptionInMs } from "./plan.ts"

const NOW = Date.parse("2026-01-01T12:00:00Z")
const SINCE = "2026-01-01T00:00:00Z"
const budget = (spec: object, status: object = {}) =>
  ({ metadata: { name: "b", generation: 3 }, spec, status }) as unknown as PodDisruptionBudget
const ready = (count: number): Pod[] => Array.from({ length: count }, (_, index) => readyPod(`p${index}`, SINCE))

interface Case {
  readonly name: string
  readonly spec: object
  readonly pods: readonly Pod[]
  readonly scale?: number
  /** Allowed, healthy, desired, expected. */
  readonly want: readonly number[]
}
const cases: readonly Case[] = [
  { name: "a number that must stay", spec: { minAvailable: 2 }, pods: ready(3), want: [1, 3, 2, 3] },
  { name: "a share that must stay is rounded up", spec: { minAvailable: "50%" }, pods: ready(3), want: [1, 3, 2, 3] },
  { name: "a number that may be missing", spec: { maxUnavailable: 1 }, pods: ready(3), want: [1, 3, 2, 3] },
  {
    name: "a share that may be missing is rounded up",
    spec: { maxUnavailable: "10%" },
    pods: ready(3),
    want: [1, 3, 2, 3],
  },
  {
    name: "what the workload asks for counts, not what is there",
    spec: { maxUnavailable: 1 },
    pods: ready(2),
    scale: 3,
    want: [0, 2, 2, 3],
  },
  {
    name: "unready and ending pods are not healthy",
    spec: { minAvailable: 1 },
    pods: [...ready(1), pod("q"), readyPod("r", SINCE, { metadata: { deletionTimestamp: SINCE } })],
    want: [0, 1, 1, 3],
  },
  { name: "without pods nothing is allowed", spec: { maxUnavailable: 1 }, pods: [], scale: 0, want: [0, 0, 0, 0] },
]
for (const { name, spec, pods, scale = pods.length, want } of cases) {
  test(`budget: ${name}`, () => {
    const { status } = assess({ budget: budget(spec), pods, scale, nowMs: NOW })
    assert.deepEqual(
      [status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods],
      want,
    )
  })
}

test("a granted eviction counts until it begins or is given up", () => {
  const granted = {
    disruptedPods: { p0: "2026-01-01T11:59:00Z", p1: "2026-01-01T11:50:00Z", gone: "2026-01-01T11:59:00Z" },
  }
  const { status, againAfterMs } = assess({
    budget: budget({ minAvailable: 1 }, granted),
    pods: ready(3),
    scale: 3,
    nowMs: NOW,
  })
  assert.deepEqual(status.disruptedPods, { p0: "2026-01-01T11:59:00Z" })
  assert.deepEqual([status.currentHealthy, status.disruptionsAllowed, againAfterMs], [2, 1, 60_000])
})

test("the condition keeps its time while its status stays", () => {
  const first = assess({ budget: budget({ minAvailable: 1 }), pods: ready(2), scale: 2, nowMs: NOW }).status
  assert.deepEqual(
    first.conditions?.map(({ status, reason }) => [status, reason]),
    [["True", "SufficientPods"]],
  )
  const again = assess({
    budget: budget({ minAvailable: 1 }, first),
    pods: ready(3),
    scale: 3,
    nowMs: NOW + 60_000,
  }).status
  assert.equal(again.conditions?.[0]?.lastTransitionTime, "2026-01-01T12:00:00Z")
  const less = assess({
    budget: budget({ minAvailable: 1 }, first),
    pods: ready(1),
    scale: 1,
    nowMs: NOW + 60_000,
  }).status
  assert.deepEqual(
    [less.conditions?.[0]?.reason, less.conditions?.[0]?.lastTransitionTime],
    ["InsufficientPods", "2026-01-01T12:01:00Z"],
  )
})

test("without a number nobody may go", () => {
  assert.equal(assess({ budget: budget({}), pods: ready(2), scale: 0, nowMs: NOW }).status.disruptionsAllowed, 0)
})

test("evictions that were granted two minutes ago and never began are told", () => {
  const granted = { disruptedPods: { p0: "2026-01-01T11:57:00Z", p1: "2026-01-01T11:59:00Z" } }
  const names = notDeleted({ budget: budget({}, granted), pods: ready(3), nowMs: NOW }).map(
    ({ metadata }) => metadata.name,
  )
  assert.deepEqual(names, ["p0"])
})

test("a budget that cannot be worked out lets nobody go and says why", () => {
  const before = assess({ budget: budget({ minAvailable: 1 }), pods: ready(3), scale: 3, nowMs: NOW }).status
  const status = failed(budget({}, before), 'found no controllers for pod "p0"', NOW)
  assert.equal(status.disruptionsAllowed, 0)
  assert.deepEqual(
    status.conditions?.map((each) => [each.status, each.reason, each.message]),
    [["False", "SyncFailed", 'found no controllers for pod "p0"']],
  )
})

const target = (reason: string, status = "True") => ({
  conditions: [{ type: "DisruptionTarget", status, reason, lastTransitionTime: "2026-01-01T11:59:00Z" }],
})
const nervous = [
  { name: "in a minute", status: target("PreemptionByScheduler"), want: 60_000 },
  { name: "not when a kubelet said so", status: target("TerminationByKubelet"), want: undefined },
  { name: "not when it was taken back", status: target("", "False"), want: undefined },
  { name: "not when it has ended", status: { ...target("EvictionByEvictionAPI"), phase: "Failed" }, want: undefined },
]
for (const { name, status, want } of nervous) {
  test(`a pod calms down: ${name}`, () => assert.equal(staleDisruptionInMs(pod("p", { status }), NOW), want))
}

test("selectors are told as Go prints them", () => {
  assert.equal(formatSelector(undefined), "nil")
  const selector = {
    matchLabels: { b: "2", a: "1" },
    matchExpressions: [{ key: "tier", operator: "In", values: ["x", "y"] }],
  }
  assert.equal(
    formatSelector(selector),
    "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:In,Values:[x y],},},}",
  )
})
