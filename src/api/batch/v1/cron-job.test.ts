import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted, updateErrors } from "../../testing.ts"
import { CronJob } from "./cron-job.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/batch/validation. */

const pod = { restartPolicy: "Never", containers: [{ name: "c", image: "work" }] }
const cron = (spec: object) => ({
  metadata: { name: "c" },
  spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: pod } } }, ...spec },
})
const cronJobs: readonly { name: string; spec: object; errors: readonly string[] }[] = [
  { name: "a good cron job", spec: { timeZone: "Europe/Berlin" }, errors: [] },
  { name: "no schedule", spec: { schedule: "" }, errors: ["spec.schedule: Required value"] },
  {
    name: "everything wrong",
    spec: {
      schedule: "TZ=UTC 61 * * * *",
      timeZone: "Mars",
      startingDeadlineSeconds: -1,
      concurrencyPolicy: "Queue",
      failedJobsHistoryLimit: -1,
      jobTemplate: { spec: { template: { spec: pod }, selector: {}, manualSelector: true } },
    },
    errors: [
      'spec.schedule: Invalid value: "TZ=UTC 61 * * * *": end of range (61) above maximum (59): 61',
      'spec.schedule: Invalid value: "TZ=UTC 61 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
      'spec.timeZone: Invalid value: "Mars": unknown time zone Mars',
      'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
      "spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated",
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
  },
]
for (const { name, spec, errors } of cronJobs) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(CronJob, cron(spec)), errors))
}

test("a cron job's name leaves room for a time", () => {
  const name = "x".repeat(53)
  assert.deepEqual(createErrors(CronJob, { ...cron({}), metadata: { name } }), [
    `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
  ])
})

test("an old schedule with a zone stays, with a warning", () => {
  const old = cron({ schedule: "TZ=UTC * * * * *" })
  assert.deepEqual(updateErrors(CronJob, old, { ...old, spec: { ...old.spec, suspend: true } }), [])
  const object = defaulted(CronJob, old) as never
  assert.deepEqual(CronJob.strategy.warnings?.(object, object), [
    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
  ])
})
