import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { bool, int32, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"

export const PodFailurePolicyOnExitCodesRequirement = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement",
  {
    containerName: string(1, { doc: "", pointer: true }),
    operator: string(2, { doc: "", required: true }),
    values: list(3, "int32", { doc: "", required: true, listType: "set" }),
  },
)
export type PodFailurePolicyOnExitCodesRequirement = TypeOf<typeof PodFailurePolicyOnExitCodesRequirement>

export const PodFailurePolicyOnPodConditionsPattern = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
  {
    type: string(1, { doc: "", required: true }),
    status: string(2, { doc: "", always: true }),
  },
)
export type PodFailurePolicyOnPodConditionsPattern = TypeOf<typeof PodFailurePolicyOnPodConditionsPattern>

export const PodFailurePolicyRule = struct("io.k8s.api.batch.v1.PodFailurePolicyRule", {
  action: string(1, { doc: "", required: true }),
  onExitCodes: message(2, PodFailurePolicyOnExitCodesRequirement, { doc: "" }),
  onPodConditions: list(3, PodFailurePolicyOnPodConditionsPattern, { doc: "", listType: "atomic" }),
})
export type PodFailurePolicyRule = TypeOf<typeof PodFailurePolicyRule>

export const PodFailurePolicy = struct("io.k8s.api.batch.v1.PodFailurePolicy", {
  rules: list(1, PodFailurePolicyRule, { doc: "", required: true, listType: "atomic" }),
})
export type PodFailurePolicy = TypeOf<typeof PodFailurePolicy>

export const SuccessPolicyRule = struct("io.k8s.api.batch.v1.SuccessPolicyRule", {
  succeededIndexes: string(1, { doc: "", pointer: true }),
  succeededCount: int32(2, { doc: "", pointer: true }),
})
export type SuccessPolicyRule = TypeOf<typeof SuccessPolicyRule>

export const SuccessPolicy = struct("io.k8s.api.batch.v1.SuccessPolicy", {
  rules: list(1, SuccessPolicyRule, { doc: "", required: true, listType: "atomic" }),
})
export type SuccessPolicy = TypeOf<typeof SuccessPolicy>

export const JobSpec = struct("io.k8s.api.batch.v1.JobSpec", {
  parallelism: int32(1, { doc: "", pointer: true }),
  completions: int32(2, { doc: "", pointer: true }),
  activeDeadlineSeconds: int64(3, { doc: "", pointer: true }),
  podFailurePolicy: message(11, PodFailurePolicy, { doc: "" }),
  successPolicy: message(16, SuccessPolicy, { doc: "" }),
  backoffLimit: int32(7, { doc: "", pointer: true }),
  backoffLimitPerIndex: int32(12, { doc: "", pointer: true }),
  maxFailedIndexes: int32(13, { doc: "", pointer: true }),
  selector: message(4, LabelSelector, { doc: "" }),
  manualSelector: bool(5, { doc: "", pointer: true }),
  template: message(6, PodTemplateSpec, { doc: "", required: true }),
  ttlSecondsAfterFinished: int32(8, { doc: "", pointer: true }),
  completionMode: string(9, { doc: "", pointer: true }),
  suspend: bool(10, { doc: "", pointer: true }),
  podReplacementPolicy: string(14, { doc: "", pointer: true }),
  managedBy: string(15, { doc: "", pointer: true }),
})
export type JobSpec = TypeOf<typeof JobSpec>
