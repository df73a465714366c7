import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { pod } from "../testing.ts"
import { byAverage, byShare, byUtilization, byValue, type PodInput, type Samples } from "./replica-count.ts"

const NOW = Date.parse("2026-01-01T12:00:00Z")
const tolerances = { up: 0.1, down: 0.1 }

interface One {
  /** Thousandths; absent: not measured. */
  readonly use?: number
  readonly phase?: string
  readonly ready?: boolean
  readonly startTime?: string
  readonly deleting?: boolean
}

function made(pods: readonly One[]): { readonly pods: readonly Pod[]; readonly samples: Samples } {
  const containers = [{ name: "main", resources: { requests: { cpu: "1", memory: "1" } } }]
  return {
    pods: pods.map(({ phase = "Running", ready = true, startTime = "2026-01-01T10:00:00Z", deleting }, index) =>
      pod(`p${index}`, {
        metadata: deleting ? { deletionTimestamp: "2026-01-01T11:59:00Z" } : {},
        spec: { containers },
        status: {
          phase,
          startTime,
          conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: startTime }],
        },
      }),
    ),
    samples: new Map(
      pods.flatMap(({ use }, index) =>
        use === undefined ? [] : [[`p${index}`, { value: use, atMs: NOW, windowMs: 60_000 }] as const],
      ),
    ),
  }
}

const input = (pods: readonly One[], resource = "cpu"): PodInput & { container: string } => ({
  ...made(pods),
  current: pods.length,
  tolerances,
  nowMs: NOW,
  resource,
  container: "",
})
const uses = (...values: readonly (number | undefined)[]): readonly One[] =>
  values.map((use) => (use === undefined ? {} : { use }))
const fresh = { startTime: "2026-01-01T11:59:50Z", ready: false }

const CASES: readonly (readonly [string, readonly One[], number, number])[] = [
  ["grows", uses(300, 500, 700), 30, 5],
  ["shrinks", uses(100, 300, 500, 250, 250), 50, 3],
  ["does nothing within the tolerance", uses(1010, 1030, 1020), 100, 3],
  ["takes missing pods as idle when growing", uses(900, 900, undefined), 50, 4],
  ["does not grow when idle missing pods make up for it", uses(600, undefined), 50, 2],
  ["takes missing pods as busy when shrinking", uses(100, 100, undefined, undefined), 50, 4],
  ["counts starting pods as idle when growing", [...uses(900, 900), { use: 900, ...fresh }], 50, 4],
  ["leaves starting pods out when shrinking", [...uses(200, 200), { use: 900, ...fresh }], 40, 1],
  ["leaves ending pods out", [...uses(800, 800), { use: 100, deleting: true }], 40, 4],
  ["counts pending pods as idle", [...uses(900), { phase: "Pending" }], 30, 3],
]
for (const [name, pods, percent, expected] of CASES) {
  test(name, () => assert.equal(byUtilization(input(pods), percent).replicas, expected))
}

test("says what was measured", () => {
  assert.deepEqual(byUtilization(input(uses(300, 500, 700)), 30), { replicas: 5, usage: 500, utilization: 50 })
  assert.deepEqual(byAverage(input(uses(20_000, 10_000, 30_000), ""), 15_000), { replicas: 4, usage: 20_000 })
})

test("a cpu figure from before a pod was ready does not count", () => {
  const startTime = "2026-01-01T11:59:30Z"
  const pods = [...uses(900), { use: 900, startTime }]
  assert.equal(byUtilization(input(pods), 60).replicas, 2)
  assert.equal(byUtilization(input(pods, "memory"), 60).replicas, 3)
})

test("what cannot be told is an error", () => {
  const named = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return error instanceof Error ? error.message : ""
    }
    return "nothing"
  }
  const bare = { ...input([]), pods: [pod("p", { status: { phase: "Running" } })], samples: made(uses(1)).samples }
  assert.equal(
    named(() => byUtilization(input([]), 1)),
    "no pods returned by selector while calculating replica count",
  )
  assert.equal(
    named(() => byUtilization(input([{ phase: "Pending" }]), 1)),
    "did not receive metrics for targeted pods (pods might be unready)",
  )
  assert.equal(
    named(() => byUtilization(bare, 1)),
    "missing request for cpu in container main of Pod p",
  )
  assert.equal(
    named(() => byUtilization({ ...input(uses(1)), container: "x" }, 1)),
    "container x not found in Pod p0",
  )
})

test("a value of the whole is shared by ready pods, a share by all", () => {
  const { pods } = made([...uses(0, 0), { ready: false }])
  assert.deepEqual(byValue(30_000, 10_000, { current: 3, pods, tolerances }), { usage: 30_000, replicas: 6 })
  assert.deepEqual(byValue(10_500, 10_000, { current: 3, pods, tolerances }), { usage: 10_500, replicas: 3 })
  assert.deepEqual(byValue(25_000, 10_000, { current: 0, pods: [], tolerances }), { usage: 25_000, replicas: 3 })
  assert.deepEqual(byShare(50_000, 10_000, 3, tolerances), { replicas: 5, usage: 16_667 })
  assert.deepEqual(byShare(31_000, 10_000, 3, tolerances), { replicas: 3, usage: 10_334 })
})
