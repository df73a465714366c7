import { FieldPath } from "../../../machinery/field/path.ts"
import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { jobColumns } from "./job-columns.ts"
import { defaultJobLabels, generateJobSelector } from "./job-labels.ts"
import { JobSpec } from "./job-spec.ts"
import { JobStatus } from "./job-status.ts"
import { jobWarnings } from "./job-warnings.ts"
import { validateJobUpdate, validateNewJob } from "./validation/job.ts"
import { validateJobStatus } from "./validation/job-status.ts"

const SPEC = FieldPath.root("spec")
const BACKOFF_LIMIT = 6
const INT32_MAX = 2 ** 31 - 1

/** Only of jobs: the templates of cron jobs stay as they are, and the jobs made from them are filled in. */
function defaultJobSpec(spec: Draft<JobSpec>): void {
  if (spec.parallelism === undefined) spec.completions ??= 1
  spec.parallelism ??= 1
  // Limits for each index replace that for all of them.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : INT32_MAX
  spec.completionMode ??= "NonIndexed"
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed"
  spec.manualSelector ??= false
}

/** Runs pods until enough of them have succeeded. https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
export const Job = defineResource({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Runs pods until enough of them have succeeded.",
  definition: "io.k8s.api.batch.v1.Job",
  columns: jobColumns,
  selectableFields: { "status.successful": ({ status }) => `${status.succeeded ?? 0}` },
  defaults: (job) => {
    defaultJobSpec(job.spec)
    defaultJobLabels(job)
  },
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    dependents: "orphan",
    prepareCreate: generateJobSelector,
    warnings: (job, old) => jobWarnings(job, old, job.spec, SPEC),
    validateCreate: validateNewJob,
    validateUpdate: validateJobUpdate,
    validateStatusUpdate: validateJobStatus,
  },
  fields: {
    spec: message(2, JobSpec, { doc: "What the job does, how often, and what happens when it fails.", always: true }),
    status: message(3, JobStatus, { doc: "How far the job is. Read only for users.", always: true }),
  },
})
export type Job = ObjectOf<typeof Job>
