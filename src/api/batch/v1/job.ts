import { int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { JobSpec } from "./job-spec.ts"

export const JobCondition = struct("io.k8s.api.batch.v1.JobCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastProbeTime: time(3, { doc: "" }),
  lastTransitionTime: time(4, { doc: "" }),
  reason: string(5, { doc: "" }),
  message: string(6, { doc: "" }),
})
export type JobCondition = TypeOf<typeof JobCondition>

export const UncountedTerminatedPods = struct("io.k8s.api.batch.v1.UncountedTerminatedPods", {
  succeeded: list(1, "string", { doc: "", listType: "set" }),
  failed: list(2, "string", { doc: "", listType: "set" }),
})
export type UncountedTerminatedPods = TypeOf<typeof UncountedTerminatedPods>

export const JobStatus = struct("io.k8s.api.batch.v1.JobStatus", {
  conditions: list(1, JobCondition, { doc: "", listType: "atomic", patchStrategy: "merge", mergeKey: "type" }),
  startTime: time(2, { doc: "" }),
  completionTime: time(3, { doc: "" }),
  active: int32(4, { doc: "" }),
  succeeded: int32(5, { doc: "" }),
  failed: int32(6, { doc: "" }),
  terminating: int32(11, { doc: "", pointer: true }),
  completedIndexes: string(7, { doc: "" }),
  failedIndexes: string(10, { doc: "", pointer: true }),
  uncountedTerminatedPods: message(8, UncountedTerminatedPods, { doc: "" }),
  ready: int32(9, { doc: "", pointer: true }),
})
export type JobStatus = TypeOf<typeof JobStatus>

/** TODO(doc) */
export const Job = defineResource({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.batch.v1.Job",
  fields: {
    spec: message(2, JobSpec, { doc: "", always: true }),
    status: message(3, JobStatus, { doc: "", always: true }),
  },
})
export type Job = ObjectOf<typeof Job>
