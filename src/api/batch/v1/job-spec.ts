import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { bool, int32, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"

export const PodFailurePolicyOnExitCodesRequirement = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement",
  {
    containerName: string(1, {
      doc: "Only this container counts. Default: all containers and init containers.",
      pointer: true,
    }),
    operator: string(2, {
      doc: "In: an exit code is one of values. NotIn: one is none of them. 0 never counts.",
      required: true,
    }),
    values: list(3, "int32", {
      doc: "The exit codes: 1 to 255 of them, in ascending order. With In, 0 is not allowed.",
      required: true,
      listType: "set",
    }),
  },
  { doc: "Compares the exit codes of failed containers with a list." },
)
export type PodFailurePolicyOnExitCodesRequirement = TypeOf<typeof PodFailurePolicyOnExitCodesRequirement>

export const PodFailurePolicyOnPodConditionsPattern = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
  {
    type: string(1, { doc: "The type of the condition, such as DisruptionTarget.", required: true }),
    status: string(2, { doc: "The status that it must have. Default True.", always: true, default: "True" }),
  },
  { doc: "A condition of the failed pod." },
)
export type PodFailurePolicyOnPodConditionsPattern = TypeOf<typeof PodFailurePolicyOnPodConditionsPattern>

export const PodFailurePolicyRule = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyRule",
  {
    action: string(1, {
      doc: "FailJob fails the job; FailIndex only the pod's index; Ignore starts the pod again without counting; Count counts it against backoffLimit.",
      required: true,
    }),
    onExitCodes: message(2, PodFailurePolicyOnExitCodesRequirement, { doc: "The rule applies when exit codes match." }),
    onPodConditions: list(3, PodFailurePolicyOnPodConditionsPattern, {
      doc: "The rule applies when one of these conditions matches; at most 20.",
      listType: "atomic",
    }),
  },
  {
    doc: "What to do about pods that failed in a certain way. Exactly one of onExitCodes and onPodConditions must be set.",
  },
)
export type PodFailurePolicyRule = TypeOf<typeof PodFailurePolicyRule>

export const PodFailurePolicy = struct(
  "io.k8s.api.batch.v1.PodFailurePolicy",
  {
    rules: list(1, PodFailurePolicyRule, {
      doc: "The rules, at most 20. The first that matches counts; without any match the failure counts against backoffLimit.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "How different failures of pods are treated." },
)
export type PodFailurePolicy = TypeOf<typeof PodFailurePolicy>

export const SuccessPolicyRule = struct(
  "io.k8s.api.batch.v1.SuccessPolicyRule",
  {
    succeededIndexes: string(1, {
      doc: "The indexes that must succeed, as numbers and ranges such as 0,2-4.",
      pointer: true,
    }),
    succeededCount: int32(2, {
      doc: "How many indexes must succeed: of succeededIndexes if that is set, else of all.",
      pointer: true,
    }),
  },
  { doc: "When enough of a job has succeeded. At least one member must be set." },
)
export type SuccessPolicyRule = TypeOf<typeof SuccessPolicyRule>

export const SuccessPolicy = struct(
  "io.k8s.api.batch.v1.SuccessPolicy",
  {
    rules: list(1, SuccessPolicyRule, {
      doc: "The rules, at most 20; one that is met is enough. The pods that are left are then ended.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "When a job has succeeded before all of its pods have." },
)
export type SuccessPolicy = TypeOf<typeof SuccessPolicy>

export const JobSpec = struct(
  "io.k8s.api.batch.v1.JobSpec",
  {
    parallelism: int32(1, {
      doc: "How many pods may run at the same time. Default 1; 0 pauses the job.",
      pointer: true,
    }),
    completions: int32(2, {
      doc: "How many pods must succeed. Default 1 if parallelism is absent too; with parallelism alone, the first success lets the rest finish and ends the job.",
      pointer: true,
    }),
    activeDeadlineSeconds: int64(3, {
      doc: "After how many seconds since its start the job is ended as failed. Default: never.",
      pointer: true,
    }),
    podFailurePolicy: message(11, PodFailurePolicy, {
      doc: "How certain failures are treated instead of only being counted. The pods must have restartPolicy Never.",
    }),
    successPolicy: message(16, SuccessPolicy, {
      doc: "When the job counts as done before all indexes have succeeded; only with completionMode Indexed.",
    }),
    backoffLimit: int32(7, {
      doc: "How many failures of pods the job puts up with before it has failed itself. Default 6.",
      pointer: true,
    }),
    backoffLimitPerIndex: int32(12, {
      doc: "How many failures each index may have before that index has failed. Only with completionMode Indexed; it cannot be changed.",
      pointer: true,
    }),
    maxFailedIndexes: int32(13, {
      doc: "How many indexes may fail before the whole job has failed. Only with backoffLimitPerIndex.",
      pointer: true,
    }),
    selector: message(4, LabelSelector, { doc: "Which pods belong to the job. Usually filled in; leave it alone." }),
    manualSelector: bool(5, {
      doc: "Whether selector is your own and must not be replaced. Default false.",
      pointer: true,
    }),
    template: message(6, PodTemplateSpec, {
      doc: "What each pod does. Its restartPolicy must be Never or OnFailure.",
      required: true,
    }),
    ttlSecondsAfterFinished: int32(8, {
      doc: "After how many seconds the job is deleted once it has ended. Default: never; 0: at once.",
      pointer: true,
    }),
    completionMode: string(9, {
      doc: "NonIndexed (the default): all pods are alike. Indexed: each has a number from 0 to completions-1, in JOB_COMPLETION_INDEX.",
      pointer: true,
    }),
    suspend: bool(10, {
      doc: "Whether the job is on hold: its pods are removed, and its time starts over when it goes on. Default false.",
      pointer: true,
    }),
    podReplacementPolicy: string(14, {
      doc: "When a pod is replaced: TerminatingOrFailed as soon as it is being deleted, Failed only when it has ended. Default TerminatingOrFailed, and Failed with podFailurePolicy.",
      pointer: true,
    }),
    managedBy: string(15, {
      doc: "The controller that runs the job, with a domain. Default kubernetes.io/job-controller; it cannot be changed.",
      pointer: true,
    }),
  },
  { doc: "What a job does, how often, and what happens when it fails." },
)
export type JobSpec = TypeOf<typeof JobSpec>
