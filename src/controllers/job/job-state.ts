import type { Job } from "../../api/batch/v1/job.ts"
import type { JobCondition, JobStatus } from "../../api/batch/v1/job-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { isTerminating } from "../pods/pod-state.ts"

/** Keeps an ended pod until the job has counted it. */
export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking"
/** The value of `managedBy` that means this controller, as its absence does. */
const OWN_NAME = "kubernetes.io/job-controller"

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed"
export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true
export const hasLimitPerIndex = ({ spec }: Job): boolean => spec.backoffLimitPerIndex !== undefined
export const isManagedElsewhere = ({ spec }: Job): boolean =>
  spec.managedBy !== undefined && spec.managedBy !== OWN_NAME
/** Whether a pod is replaced only once it has ended, not as soon as it is being deleted. */
export const replacesOnlyEnded = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined

/** The condition of this type that holds. */
export function holding(status: JobStatus, type: string): JobCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type && condition.status === "True")
}

export function endOf({ status }: Job): JobCondition | undefined {
  return status.conditions?.find(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True")
}

export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false
export const hasEnded = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed"
/** Being deleted, and not ended yet. */
export const isStopping = (pod: Pod): boolean => isTerminating(pod) && !hasEnded(pod)

/** A pod that is deleted counts as failed: it may never get to report how it ended. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === "Failed") return true
  return !replacesOnlyEnded(job) && isTerminating(pod) && pod.status.phase !== "Succeeded"
}
