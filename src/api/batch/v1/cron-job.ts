import { FieldPath } from "../../../machinery/field/path.ts"
import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { bool, int32, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, containerImages, containerNames, selectorCell, since } from "../../columns.ts"
import { ObjectReference } from "../../core/v1/references.ts"
import { JobSpec } from "./job-spec.ts"
import { jobWarnings } from "./job-warnings.ts"
import { validateCronJobUpdate, validateNewCronJob } from "./validation/cron-job.ts"

export const JobTemplateSpec = struct(
  "io.k8s.api.batch.v1.JobTemplateSpec",
  {
    metadata: message(1, ObjectMeta, { doc: "Labels and annotations that each job gets.", always: true }),
    spec: message(2, JobSpec, { doc: "What each job does.", always: true }),
  },
  { doc: "A job to be made: its labels, its annotations and what it runs." },
)
export type JobTemplateSpec = TypeOf<typeof JobTemplateSpec>

export const CronJobSpec = struct(
  "io.k8s.api.batch.v1.CronJobSpec",
  {
    schedule: string(1, {
      doc: "When to start a job, as five cron fields (minute, hour, day, month, weekday) or a word such as @hourly.",
      required: true,
    }),
    timeZone: string(8, {
      doc: "The time zone of the schedule, such as Europe/Berlin. Default: that of the controller, usually UTC.",
      pointer: true,
    }),
    startingDeadlineSeconds: int64(2, {
      doc: "How many seconds late a job may still start, as after an outage; later it is left out. Default: no limit.",
      pointer: true,
    }),
    concurrencyPolicy: string(3, {
      doc: "What happens while the last job still runs: Allow (the default) starts another, Forbid leaves this one out, Replace ends the old one.",
      default: "Allow",
    }),
    suspend: bool(4, {
      doc: "Whether no more jobs are started; those that run go on. Default false.",
      default: false,
      pointer: true,
    }),
    jobTemplate: message(5, JobTemplateSpec, { doc: "What each job looks like.", required: true }),
    successfulJobsHistoryLimit: int32(6, {
      doc: "How many successful jobs are kept. Default 3; 0 keeps none.",
      default: 3,
      pointer: true,
    }),
    failedJobsHistoryLimit: int32(7, {
      doc: "How many failed jobs are kept. Default 1; 0 keeps none.",
      default: 1,
      pointer: true,
    }),
  },
  { doc: "When jobs are started, and what they do." },
)
export type CronJobSpec = TypeOf<typeof CronJobSpec>

export const CronJobStatus = struct(
  "io.k8s.api.batch.v1.CronJobStatus",
  {
    active: list(1, ObjectReference, { doc: "The jobs that run now.", listType: "atomic" }),
    lastScheduleTime: time(4, { doc: "The planned time of the job that was started last." }),
    lastSuccessfulTime: time(5, { doc: "When a job last ended successfully." }),
  },
  { doc: "What a cron job has started." },
)
export type CronJobStatus = TypeOf<typeof CronJobStatus>

const TEMPLATE_SPEC = FieldPath.root("spec", "jobTemplate", "spec")

/**
 * Starts a job again and again at certain times.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
export const CronJob = defineResource({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Starts a job again and again at certain times.",
  definition: "io.k8s.api.batch.v1.CronJob",
  columns: [
    { name: "Schedule", type: "string", doc: "When jobs are started.", value: ({ spec }) => spec.schedule },
    {
      name: "Timezone",
      type: "string",
      doc: "The time zone of the schedule.",
      value: ({ spec }) => spec.timeZone ?? "<none>",
    },
    {
      name: "Suspend",
      type: "boolean",
      doc: "Whether no more jobs are started.",
      value: ({ spec }) => (spec.suspend ? "True" : "False"),
    },
    {
      name: "Active",
      type: "integer",
      doc: "How many jobs run now.",
      value: ({ status }) => (status.active ?? []).length,
    },
    {
      name: "Last Schedule",
      type: "string",
      doc: "How long ago the last job was planned.",
      value: ({ status }, nowMs) => (status.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : "<none>"),
    },
    age,
    { ...containerNames, value: ({ spec }, nowMs) => containerNames.value({ spec: spec.jobTemplate.spec }, nowMs) },
    { ...containerImages, value: ({ spec }, nowMs) => containerImages.value({ spec: spec.jobTemplate.spec }, nowMs) },
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which pods belong to its jobs, when that does not follow from each job.",
      value: ({ spec }) => selectorCell(spec.jobTemplate.spec.selector, "<none>"),
    },
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    warnings: (job, old) => [
      ...jobWarnings(job, old, job.spec.jobTemplate.spec, TEMPLATE_SPEC),
      // The path is Kubernetes' own mistake.
      ...(old !== undefined && job.spec.schedule.includes("TZ")
        ? [
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
          ]
        : []),
    ],
    validateCreate: validateNewCronJob,
    validateUpdate: validateCronJobUpdate,
  },
  fields: {
    spec: message(2, CronJobSpec, { doc: "When jobs are started, and what they do.", required: true }),
    status: message(3, CronJobStatus, { doc: "What has been started. Read only for users.", always: true }),
  },
})
export type CronJob = ObjectOf<typeof CronJob>
