import assert from "node:assert/strict"
import { test } from "node:test"
import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { pod, readyPod, statefulSet } from "../testing.ts"
import { templateFor } from "./identity.ts"
import { plan, statusOf } from "./plan.ts"

const NOW = Date.parse("2026-01-01T12:00:00Z")
const SINCE = "2026-01-01T00:00:00Z"
const of = (revision: string) => ({ metadata: { labels: { "controller-revision-hash": revision } } })
const current = (name: string) => readyPod(name, SINCE, of("new"))
const old = (name: string) => readyPod(name, SINCE, of("old"))
const unready = (name: string, revision = "new") => pod(name, { ...of(revision), status: { phase: "Running" } })
const going = (name: string) =>
  readyPod(name, SINCE, { metadata: { labels: { "controller-revision-hash": "old" }, deletionTimestamp: SINCE } })
const world = (set: StatefulSet, pods: readonly Pod[]) => ({
  set,
  pods,
  currentRevision: "old",
  updateRevision: "new",
  nowMs: NOW,
})
const told = (set: StatefulSet, pods: readonly Pod[]): string[] =>
  plan(world(set, pods)).map((step) =>
    step.do === "create" ? `create ${step.ordinal} ${step.revision}` : `delete ${step.pod.metadata.name} ${step.why}`,
  )
const parallel = statefulSet(3, { spec: { podManagementPolicy: "Parallel" } })

const cases: readonly { name: string; set?: StatefulSet; pods: readonly Pod[]; steps: readonly string[] }[] = [
  { name: "begins with the first", pods: [], steps: ["create 0 update"] },
  { name: "makes the next when the one before is ready", pods: [current("db-0")], steps: ["create 1 update"] },
  { name: "waits for the one before", pods: [unready("db-0")], steps: [] },
  { name: "waits for a pod that is ending", pods: [going("db-0")], steps: [] },
  {
    name: "makes all at once when parallel",
    set: parallel,
    pods: [],
    steps: ["create 0 update", "create 1 update", "create 2 update"],
  },
  { name: "fills the gap first", pods: [current("db-0"), current("db-2")], steps: ["create 1 update"] },
  {
    name: "replaces what has ended",
    pods: [pod("db-0", { ...of("new"), status: { phase: "Failed" } })],
    steps: ["delete db-0 failed"],
  },
  {
    name: "scales down from the highest, one at a time",
    set: statefulSet(1),
    pods: [current("db-0"), current("db-1"), current("db-2")],
    steps: ["delete db-2 scale"],
  },
  {
    name: "waits for the highest to go",
    set: statefulSet(1),
    pods: [current("db-0"), current("db-1"), going("db-2")],
    steps: [],
  },
  {
    name: "does not scale down while a lower one is unhealthy",
    set: statefulSet(0),
    pods: [unready("db-0"), unready("db-1"), unready("db-2")],
    steps: [],
  },
  {
    name: "scales down when only the highest is unhealthy",
    set: statefulSet(0),
    pods: [current("db-0"), unready("db-1")],
    steps: ["delete db-1 scale"],
  },
  {
    name: "scales down at once when parallel, whatever their state",
    set: statefulSet(1, { spec: { podManagementPolicy: "Parallel" } }),
    pods: [unready("db-0"), unready("db-1"), current("db-2")],
    steps: ["delete db-2 scale", "delete db-1 scale"],
  },
  {
    name: "counts from the given start",
    set: statefulSet(2, { spec: { ordinals: { start: 5 } } }),
    pods: [current("db-5")],
    steps: ["create 6 update"],
  },
  {
    name: "updates from the highest down",
    pods: [old("db-0"), old("db-1"), old("db-2")],
    steps: ["delete db-2 update"],
  },
  {
    name: "goes on when the updated one is ready",
    pods: [old("db-0"), old("db-1"), current("db-2")],
    steps: ["delete db-1 update"],
  },
  {
    name: "waits while the updated one is not ready",
    set: parallel,
    pods: [old("db-0"), old("db-1"), unready("db-2")],
    steps: [],
  },
  {
    name: "stops at the partition",
    set: statefulSet(3, { spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } } }),
    pods: [old("db-0"), old("db-1"), current("db-2")],
    steps: [],
  },
  {
    name: "makes pods below the partition from the old template",
    set: statefulSet(3, { spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } } }),
    pods: [old("db-0"), current("db-2")],
    steps: ["create 1 current"],
  },
  {
    name: "replaces several when they may be missing",
    set: statefulSet(3, {
      spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0, maxUnavailable: 2 } } },
    }),
    pods: [old("db-0"), old("db-1"), old("db-2")],
    steps: ["delete db-2 update", "delete db-1 update"],
  },
  {
    name: "leaves updates to people with OnDelete",
    set: statefulSet(1, { spec: { updateStrategy: { type: "OnDelete" } } }),
    pods: [old("db-0")],
    steps: [],
  },
]
for (const { name, set = statefulSet(3), pods, steps } of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(told(set, pods), steps))
}

test("a pod has its own name, DNS name and claims", () => {
  const set = statefulSet(1, { spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }] } })
  const { metadata, spec } = templateFor(
    set,
    {
      ...set.spec.template,
      spec: {
        ...set.spec.template.spec,
        volumes: [
          { name: "data", emptyDir: {} },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
    4,
    "db-x",
  )
  assert.equal(metadata.labels?.["apps.kubernetes.io/pod-index"], "4")
  assert.deepEqual([spec.hostname, spec.subdomain], ["db-4", "db"])
  assert.deepEqual(spec.volumes, [
    { name: "tmp", emptyDir: {} },
    { name: "data", persistentVolumeClaim: { claimName: "data-db-4" } },
  ])
})

test("the update revision becomes the current one when all pods have it and are ready", () => {
  const middle = statusOf(world(statefulSet(2), [old("db-0"), current("db-1")]))
  assert.deepEqual([middle.currentRevision, middle.currentReplicas, middle.updatedReplicas], ["old", 1, 1])
  const done = statusOf(world(statefulSet(2), [current("db-0"), current("db-1")]))
  assert.deepEqual(
    [done.currentRevision, done.currentReplicas, done.readyReplicas, done.availableReplicas],
    ["new", 2, 2, 2],
  )
})
