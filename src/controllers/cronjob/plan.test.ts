import assert from "node:assert/strict"
import { test } from "node:test"
import type { CronJob } from "../../api/batch/v1/cron-job.ts"
import type { Job } from "../../api/batch/v1/job.ts"
import { job } from "../testing.ts"
import { jobName, plan } from "./plan.ts"

const AT = "2026-01-01T12:00:30Z"
const DUE = "2026-01-01T12:00:00Z"
const cronJob = (spec: object, status: object = {}, metadata: object = {}): CronJob => {
  const { metadata: meta } = job("tick")
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { ...meta, creationTimestamp: "2026-01-01T11:59:10Z", ...metadata },
    spec: { schedule: "*/10 * * * *", concurrencyPolicy: "Allow", ...spec },
    status,
  } as unknown as CronJob
}
const reference = (name: string) => ({ kind: "Job", namespace: "default", name, uid: `uid-${name}` })
const running = (name: string) => job(name, { status: { startTime: DUE } })
const ended = (name: string, type: string, startTime = DUE) =>
  job(name, {
    status: {
      startTime,
      conditions: [{ type, status: "True" }],
      ...(type === "Complete" && { completionTime: startTime }),
    },
  })

const cases: readonly {
  readonly name: string
  readonly spec?: object
  readonly status?: object
  readonly metadata?: object
  readonly jobs?: readonly Job[]
  readonly start?: string
  readonly notes?: readonly string[]
  readonly againAfterMs?: number
}[] = [
  { name: "starts what is due", start: DUE, againAfterMs: 570_100 },
  { name: "waits for the next time", spec: { schedule: "5 * * * *" }, againAfterMs: 270_100 },
  { name: "starts each time once", status: { lastScheduleTime: DUE }, againAfterMs: 570_100 },
  {
    name: "goes by its time zone",
    spec: { schedule: "30 17 * * *", timeZone: "Asia/Kolkata" },
    start: DUE,
    againAfterMs: 86_370_100,
  },
  {
    name: "starts only the latest of those missed",
    metadata: { creationTimestamp: "2026-01-01T11:00:00Z" },
    start: DUE,
    againAfterMs: 570_100,
  },
  {
    name: "warns of very many missed",
    spec: { schedule: "* * * * *" },
    metadata: { creationTimestamp: "2025-01-01T11:00:00Z" },
    start: DUE,
    notes: ["TooManyMissedTimes"],
    againAfterMs: 30_100,
  },
  {
    name: "leaves out what is past its deadline",
    spec: { startingDeadlineSeconds: 10 },
    againAfterMs: 570_100,
  },
  { name: "rests while suspended", spec: { suspend: true } },
  { name: "rests while it is being deleted", metadata: { deletionTimestamp: AT } },
  { name: "complains of a schedule without a match", spec: { schedule: "0 0 30 2 *" }, notes: ["InvalidSchedule"] },
  { name: "complains of what is no schedule", spec: { schedule: "soon" }, notes: ["UnparseableSchedule"] },
  { name: "complains of an unknown time zone", spec: { timeZone: "Mars/Olympus" }, notes: ["UnknownTimeZone"] },
  {
    name: "starts another beside the one that runs",
    status: { active: [reference("a")] },
    jobs: [running("a")],
    start: DUE,
    againAfterMs: 570_100,
  },
  {
    name: "starts none beside one that runs when that is forbidden",
    spec: { concurrencyPolicy: "Forbid" },
    status: { active: [reference("a")] },
    jobs: [running("a")],
    notes: ["JobAlreadyActive"],
    againAfterMs: 570_100,
  },
  {
    name: "starts none twice though its status was not written",
    status: { active: [reference("tick-29454480")] },
    jobs: [running("tick-29454480")],
    againAfterMs: 570_100,
  },
]

for (const { name, spec = {}, status, metadata, jobs = [], start, notes = [], againAfterMs } of cases) {
  test(`a cron job ${name}`, () => {
    const planned = plan(cronJob(spec, status, metadata), jobs, Date.parse(AT))
    assert.equal(planned.startMs, start === undefined ? undefined : Date.parse(start))
    assert.deepEqual(
      planned.notes.map(({ reason }) => reason),
      notes,
    )
    assert.equal(planned.againAfterMs, againAfterMs)
  })
}

test("a new job replaces those that run when told so", () => {
  const one = cronJob({ concurrencyPolicy: "Replace" }, { active: [reference("a")] })
  const planned = plan(one, [running("a")], Date.parse(AT))
  assert.deepEqual(
    planned.replaced.map(({ name }) => name),
    ["a"],
  )
})

test("what ended leaves the active jobs, and its end is kept", () => {
  const one = cronJob({ suspend: true }, { active: [reference("a"), reference("b"), reference("c")] })
  const { status, notes } = plan(one, [ended("a", "Complete"), running("b"), running("d")], Date.parse(AT))
  assert.deepEqual(status, { active: [reference("b")], lastSuccessfulTime: DUE })
  assert.deepEqual(
    notes.map(({ message }) => message),
    [
      "Saw completed job: a, condition: Complete",
      "Saw a job that the controller did not create or forgot: d",
      "Active job went missing: c",
    ],
  )
})

test("the oldest jobs beyond the limits are deleted", () => {
  const one = cronJob({ suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 })
  const jobs = [
    ended("new", "Complete", "2026-01-01T12:00:00Z"),
    ended("old", "Complete", "2026-01-01T11:00:00Z"),
    ended("bad", "Failed"),
    running("a"),
  ]
  assert.deepEqual(
    plan(one, jobs, Date.parse(AT)).outdated.map(({ metadata }) => metadata.name),
    ["old", "bad"],
  )
})

test("jobs are named by the planned minute", () => {
  assert.equal(jobName(cronJob({}), Date.parse(DUE)), "tick-29454480")
})
