import { int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const JobCondition = struct(
  "io.k8s.api.batch.v1.JobCondition",
  {
    type: string(1, {
      doc: "The aspect: Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet.",
      required: true,
    }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastProbeTime: time(3, { doc: "When the aspect was last looked at." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(6, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how a job is doing." },
)
export type JobCondition = TypeOf<typeof JobCondition>

export const UncountedTerminatedPods = struct(
  "io.k8s.api.batch.v1.UncountedTerminatedPods",
  {
    succeeded: list(1, "string", { doc: "The uids of those that succeeded.", listType: "set" }),
    failed: list(2, "string", { doc: "The uids of those that failed.", listType: "set" }),
  },
  { doc: "Pods that have ended but do not count yet." },
)
export type UncountedTerminatedPods = TypeOf<typeof UncountedTerminatedPods>

export const JobStatus = struct(
  "io.k8s.api.batch.v1.JobStatus",
  {
    conditions: list(1, JobCondition, {
      doc: "How the job is doing; Complete or Failed is True once it has ended.",
      listType: "atomic",
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    startTime: time(2, { doc: "When the job was started, or last went on after being suspended." }),
    completionTime: time(3, { doc: "When the job ended successfully. Absent for jobs that failed." }),
    active: int32(4, { doc: "How many pods are pending or running and not being deleted." }),
    succeeded: int32(5, { doc: "How many pods have succeeded." }),
    failed: int32(6, { doc: "How many pods have failed." }),
    terminating: int32(11, { doc: "How many pods are being deleted but have not ended yet.", pointer: true }),
    completedIndexes: string(7, { doc: "The indexes that have succeeded, as numbers and ranges such as 1,3-5." }),
    failedIndexes: string(10, {
      doc: "The indexes that have failed for good, as numbers and ranges such as 1,3-5.",
      pointer: true,
    }),
    uncountedTerminatedPods: message(8, UncountedTerminatedPods, {
      doc: "Pods that have ended and wait to be counted, so that none is counted twice.",
    }),
    ready: int32(9, { doc: "How many active pods are ready.", pointer: true }),
  },
  { doc: "How far a job is, as its controller last saw it." },
)
export type JobStatus = TypeOf<typeof JobStatus>
