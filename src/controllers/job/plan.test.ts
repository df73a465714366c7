import assert from "node:assert/strict"
import { test } from "node:test"
import type { Job } from "../../api/batch/v1/job.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { job, pod } from "../testing.ts"
import { account, finished, withCounted } from "./account.ts"
import { type Failures, NO_FAILURES } from "./backoff.ts"
import { INDEX_ANNOTATION } from "./indexes.ts"
import { TRACKING_FINALIZER } from "./job-state.ts"
import { isComplete, plan, type Step, standingAfter } from "./plan.ts"

const NOW = "2026-01-01T12:00:00Z"
const AGO = "2026-01-01T11:00:00Z"
const nowMs = Date.parse(NOW)
const world = (of: Job, pods: readonly Pod[], failures: Failures = NO_FAILURES) => ({ job: of, pods, failures, nowMs })

interface More {
  readonly index?: number
  readonly failures?: number
  readonly exitCode?: number
  readonly restarts?: number
  readonly going?: boolean
}
const tracked = (name: string, phase: string, more: More = {}): Pod =>
  pod(name, {
    metadata: {
      finalizers: [TRACKING_FINALIZER],
      ...(more.going && { deletionTimestamp: AGO }),
      annotations: {
        ...(more.index !== undefined && { [INDEX_ANNOTATION]: `${more.index}` }),
        ...(more.failures !== undefined && { "batch.kubernetes.io/job-index-failure-count": `${more.failures}` }),
      },
    },
    spec: { nodeName: "n1" },
    status: {
      phase,
      containerStatuses: [
        {
          name: "main",
          restartCount: more.restarts ?? 0,
          state: phase === "Running" ? {} : { terminated: { exitCode: more.exitCode ?? 1, finishedAt: AGO } },
        },
      ],
    },
  })
const runs = (name: string, more?: More) => tracked(name, "Running", more)
const failed = (name: string, more?: More) => tracked(name, "Failed", more)
const succeeded = (name: string, more?: More) => tracked(name, "Succeeded", { exitCode: 0, ...more })

const told = (step: Step): string => {
  if (step.do === "delete") return `delete ${step.pod.metadata.name}`
  return ["create", step.index, step.replaced?.metadata.name].filter((word) => word !== undefined).join(" ")
}
const indexed = { completionMode: "Indexed", completions: 3, parallelism: 3 }

const cases: readonly {
  readonly name: string
  readonly spec?: object
  readonly status?: object
  readonly pods?: readonly Pod[]
  readonly failures?: Failures
  readonly steps?: readonly string[]
  readonly end?: string
  readonly againAfterMs?: number
}[] = [
  { name: "starts the first pod", steps: ["create"] },
  { name: "waits for a pod that runs", pods: [runs("a")] },
  { name: "starts as many as may run together", spec: { completions: 5, parallelism: 2 }, steps: ["create", "create"] },
  {
    name: "starts no more than are still to succeed",
    spec: { completions: 3, parallelism: 3 },
    pods: [succeeded("a"), succeeded("b")],
    steps: ["create"],
  },
  { name: "ends surplus pods", pods: [runs("a"), runs("b")], steps: ["delete a"] },
  { name: "ends the pods of a suspended job", spec: { suspend: true }, pods: [runs("a")], steps: ["delete a"] },
  {
    name: "starts nothing after a success without completions",
    spec: { completions: undefined },
    pods: [succeeded("a")],
  },
  {
    name: "pauses after a failure",
    pods: [],
    failures: { count: 2, lastMs: nowMs - 5000 },
    againAfterMs: 15_000,
  },
  { name: "pauses ten minutes at most", failures: { count: 40, lastMs: nowMs }, againAfterMs: 600_000 },
  {
    name: "fails beyond the backoff limit",
    spec: { backoffLimit: 1, parallelism: 3, completions: 3 },
    pods: [failed("a"), failed("b"), runs("c")],
    steps: ["delete c"],
    end: "BackoffLimitExceeded",
  },
  {
    name: "counts restarts where containers restart",
    spec: { backoffLimit: 2, template: { metadata: {}, spec: { restartPolicy: "OnFailure", containers: [] } } },
    pods: [runs("a", { restarts: 2 })],
    steps: ["delete a"],
    end: "BackoffLimitExceeded",
  },
  {
    name: "fails past its deadline",
    spec: { activeDeadlineSeconds: 60 },
    status: { startTime: AGO },
    pods: [runs("a")],
    steps: ["delete a"],
    end: "DeadlineExceeded",
  },
  {
    name: "looks again at the deadline",
    spec: { activeDeadlineSeconds: 3660 },
    status: { startTime: AGO },
    pods: [runs("a")],
    againAfterMs: 60_000,
  },
  { name: "gives each pod an index", spec: indexed, pods: [runs("a", { index: 1 })], steps: ["create 0", "create 2"] },
  {
    name: "ends twins and pods without an index of the job",
    spec: indexed,
    pods: [runs("a", { index: 1 }), runs("b", { index: 1 }), runs("c", { index: 7 })],
    steps: ["delete c", "delete a"],
  },
  {
    name: "carries on the failures of an index",
    spec: { ...indexed, completions: 1, backoffLimitPerIndex: 3 },
    pods: [failed("a", { index: 0, failures: 1 })],
    steps: ["create 0 a"],
  },
  {
    name: "leaves an index that failed too often",
    spec: { ...indexed, completions: 2, backoffLimitPerIndex: 1 },
    pods: [failed("a", { index: 0, failures: 1 }), runs("b", { index: 1 })],
  },
  {
    name: "fails when no index is left",
    spec: { ...indexed, completions: 2, backoffLimitPerIndex: 1 },
    pods: [failed("a", { index: 0, failures: 1 }), succeeded("b", { index: 1 })],
    end: "FailedIndexes",
  },
  {
    name: "fails with too many failed indexes",
    spec: { ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 0 },
    pods: [failed("a", { index: 0 }), runs("b", { index: 1 })],
    steps: ["delete b"],
    end: "MaxFailedIndexesExceeded",
  },
  {
    name: "succeeds by its policy",
    spec: { ...indexed, successPolicy: { rules: [{ succeededIndexes: "1-2", succeededCount: 1 }] } },
    pods: [succeeded("a", { index: 2 }), runs("b", { index: 0 })],
    steps: ["delete b"],
    end: "SuccessPolicy",
  },
  {
    name: "fails by its policy",
    spec: { podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }] } },
    pods: [failed("a", { exitCode: 42 })],
    end: "PodFailurePolicy",
  },
  {
    name: "does not count what its policy ignores",
    spec: {
      backoffLimit: 0,
      podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes: { operator: "NotIn", values: [1] } }] },
    },
    pods: [failed("a", { exitCode: 5 })],
    steps: ["create"],
  },
  { name: "replaces a pod that is being deleted", pods: [runs("a", { going: true })], steps: ["create"] },
  {
    name: "waits for a pod that is being deleted when told so",
    spec: { podReplacementPolicy: "Failed" },
    pods: [runs("a", { going: true })],
  },
]

for (const { name, spec, status, pods = [], failures, steps = [], end, againAfterMs } of cases) {
  test(`a job ${name}`, () => {
    const planned = plan(world(job("j", { ...(spec && { spec }), ...(status && { status }) }), pods, failures), NOW)
    assert.deepEqual(planned.steps.map(told), steps)
    assert.equal(planned.assessment.end?.reason, end)
    assert.equal(planned.againAfterMs, againAfterMs)
  })
}

const accounted = (of: Job, pods: readonly Pod[]) => {
  const its = world(of, pods)
  const { assessment } = plan(its, NOW)
  const { startTime } = assessment
  const outcome = {
    assessment,
    end: assessment.end,
    standing: standingAfter(assessment, []),
    conditions: [],
    startTime,
  }
  return account(its, outcome, NOW)
}
const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name)

test("an ended pod is written down, then let go, then counted, once", () => {
  const of = job("j", { spec: { completions: 3, parallelism: 3 } })
  const pods = [succeeded("a"), failed("b"), runs("c")]
  const first = accounted(of, pods)
  assert.deepEqual(first.status.uncountedTerminatedPods, { succeeded: ["uid-a"], failed: ["uid-b"] })
  assert.deepEqual(
    [first.status.succeeded, first.status.failed, names(first.release)],
    [undefined, undefined, ["a", "b"]],
  )
  const again = accounted({ ...of, status: first.status }, pods)
  assert.deepEqual(again.status, first.status)
  const counted = withCounted(first.status, new Set(["uid-c"]))
  assert.deepEqual([counted.succeeded, counted.failed, counted.uncountedTerminatedPods], [1, 1, {}])
})

test("a failed pod stays until its successor carries on the count of its index", () => {
  const of = job("j", { spec: { ...indexed, completions: 1, backoffLimitPerIndex: 3 } })
  const ended = failed("a", { index: 0, failures: 0 })
  assert.deepEqual(names(accounted(of, [ended]).release), [])
  assert.deepEqual(names(accounted(of, [ended, runs("b", { index: 0, failures: 1 })]).release), ["a"])
})

test("a job that fails counts the pods that still ran as failed, and then waits for them to stop", () => {
  const of = job("j", { spec: { activeDeadlineSeconds: 60 }, status: { startTime: AGO } })
  const { status, release } = accounted(of, [runs("a")])
  assert.deepEqual([status.uncountedTerminatedPods, names(release)], [{ failed: ["uid-a"] }, ["a"]])
  assert.equal(status.conditions?.map(({ type }) => type).join(), "FailureTarget")
  const end = { success: false, reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" }
  const counted = withCounted(status, new Set())
  assert.equal(finished(status, end, NOW), undefined)
  assert.equal(finished({ ...counted, terminating: 1 }, end, NOW), undefined)
  assert.equal(finished(counted, end, NOW)?.conditions?.at(-1)?.type, "Failed")
})

test("indexes that have succeeded are listed, and complete the job", () => {
  const of = job("j", { spec: indexed, status: { completedIndexes: "0" } })
  const pods = [succeeded("a", { index: 1 }), succeeded("b", { index: 2 })]
  const { assessment } = plan(world(of, pods), NOW)
  assert.equal(isComplete(of, assessment, 0), true)
  assert.equal(isComplete(of, assessment, 1), false)
  const { status } = accounted(of, pods)
  assert.deepEqual([status.completedIndexes, status.succeeded], ["0-2", 3])
})
