import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { bool, int32, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ObjectReference } from "../../core/v1/references.ts"
import { JobSpec } from "./job-spec.ts"

export const JobTemplateSpec = struct("io.k8s.api.batch.v1.JobTemplateSpec", {
  metadata: message(1, ObjectMeta, { doc: "", always: true }),
  spec: message(2, JobSpec, { doc: "", always: true }),
})
export type JobTemplateSpec = TypeOf<typeof JobTemplateSpec>

export const CronJobSpec = struct("io.k8s.api.batch.v1.CronJobSpec", {
  schedule: string(1, { doc: "", required: true }),
  timeZone: string(8, { doc: "", pointer: true }),
  startingDeadlineSeconds: int64(2, { doc: "", pointer: true }),
  concurrencyPolicy: string(3, { doc: "" }),
  suspend: bool(4, { doc: "", pointer: true }),
  jobTemplate: message(5, JobTemplateSpec, { doc: "", required: true }),
  successfulJobsHistoryLimit: int32(6, { doc: "", pointer: true }),
  failedJobsHistoryLimit: int32(7, { doc: "", pointer: true }),
})
export type CronJobSpec = TypeOf<typeof CronJobSpec>

export const CronJobStatus = struct("io.k8s.api.batch.v1.CronJobStatus", {
  active: list(1, ObjectReference, { doc: "", listType: "atomic" }),
  lastScheduleTime: time(4, { doc: "" }),
  lastSuccessfulTime: time(5, { doc: "" }),
})
export type CronJobStatus = TypeOf<typeof CronJobStatus>

/** TODO(doc) */
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
  doc: "",
  definition: "io.k8s.api.batch.v1.CronJob",
  fields: {
    spec: message(2, CronJobSpec, { doc: "", required: true }),
    status: message(3, CronJobStatus, { doc: "", always: true }),
  },
})
export type CronJob = ObjectOf<typeof CronJob>
