import type { JobCondition, JobStatus } from "../../api/batch/v1/job-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Assessment, End, World } from "./assess.ts"
import { IndexSet, validIndexOf } from "./indexes.ts"
import { isFailed, isIndexed, isSuspended, isTracked } from "./job-state.ts"
import type { Standing } from "./plan.ts"
import { judgeFailure } from "./policies.ts"

/**
 * Each pod counts once, whenever the controller may be interrupted: an ended pod is first written down as uncounted,
 * then loses its finalizer, and then moves from the uncounted ones to the numbers.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-tracking-with-finalizers
 */

/** The most pods that are written down at once, so that a status stays small. */
const UNCOUNTED_MAX = 500

export interface Account {
  /** To be written before any finalizer is removed. */
  readonly status: JobStatus
  /** Pods to lose their finalizer. */
  readonly release: readonly Pod[]
  /** Pods are left over for the next run; the job must not end before. */
  readonly unfinished: boolean
}

export interface Outcome {
  readonly assessment: Assessment
  readonly end: End | undefined
  readonly standing: Standing
  /** Those of the job, with what this run changed about its suspension. */
  readonly conditions: readonly JobCondition[]
  readonly startTime: string | undefined
}

export function account(world: World, outcome: Outcome, now: string): Account {
  const { job, pods } = world
  const { assessment, end, standing, conditions, startTime } = outcome
  const before = withCounted(job.status, heldBy(pods))
  const uncounted = {
    succeeded: [...(before.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(before.uncountedTerminatedPods?.failed ?? [])],
  }
  const counted = IndexSet.parse(job.status.completedIndexes ?? "", job.spec.completions ?? 0)
  const release: Pod[] = []
  const kept = new Set(assessment.replaceable.values())
  let [newIndexes, unfinished] = [0, false]
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(world, kept, end, pod)) continue
    release.push(pod)
    const ending = endingOf(world, end, pod)
    if (ending === "succeeded" && isIndexed(job)) {
      // The index is enough to not count it again.
      const index = validIndexOf(pod, job.spec.completions ?? 0)
      if (index !== undefined && !counted.has(index)) newIndexes++
    } else if (ending !== undefined && !uncounted[ending].includes(pod.metadata.uid)) {
      if (!uncounted.failed.includes(pod.metadata.uid)) uncounted[ending].push(pod.metadata.uid)
    }
    if (newIndexes + uncounted.succeeded.length + uncounted.failed.length >= UNCOUNTED_MAX) {
      unfinished = true
      break
    }
  }
  const status: JobStatus = {
    ...before,
    ...standing,
    startTime,
    conditions: end === undefined ? conditions : withInterim(conditions, end, now),
    uncountedTerminatedPods: uncounted,
    ...(isIndexed(job) && {
      succeeded: assessment.succeededIndexes.size,
      completedIndexes: assessment.succeededIndexes.toString(),
    }),
    ...(assessment.failedIndexes !== undefined && { failedIndexes: assessment.failedIndexes.toString() }),
  }
  return { status: plain(status), release, unfinished }
}

/** The uids of pods that still have the finalizer. */
export function heldBy(pods: readonly Pod[]): ReadonlySet<string> {
  return new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid))
}

function mayRelease({ job }: World, kept: ReadonlySet<Pod>, end: End | undefined, pod: Pod): boolean {
  if (job.metadata.deletionTimestamp !== undefined || end !== undefined) return true
  if (pod.status.phase === "Succeeded") return true
  return isFailed(pod, job) && !kept.has(pod)
}

function endingOf({ job }: World, end: End | undefined, pod: Pod): "succeeded" | "failed" | undefined {
  if (pod.status.phase === "Succeeded") return "succeeded"
  // When a job fails, whatever still ran has failed with it.
  if (!isFailed(pod, job) && (end === undefined || end.success)) return undefined
  if (isIndexed(job) && validIndexOf(pod, job.spec.completions ?? 0) === undefined) return undefined
  return judgeFailure(job.spec.podFailurePolicy, pod).counts ? "failed" : undefined
}

/** Pods that have lost their finalizer move from the uncounted ones to the numbers. */
export function withCounted(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const left = { succeeded: succeeded.filter((uid) => held.has(uid)), failed: failed.filter((uid) => held.has(uid)) }
  return plain({
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - left.succeeded.length,
    failed: (status.failed ?? 0) + failed.length - left.failed.length,
    uncountedTerminatedPods: left,
  })
}

export function condition(type: string, status: string, reason: string, message: string, now: string): JobCondition {
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message }
}

function withInterim(conditions: readonly JobCondition[], end: End, now: string): readonly JobCondition[] {
  const type = end.success ? "SuccessCriteriaMet" : "FailureTarget"
  if (conditions.some((known) => known.type === type && known.status === "True")) return conditions
  return [...conditions, condition(type, "True", end.reason, end.message, now)]
}

/** The status with the final condition; undefined while pods are still to be counted or to stop. */
export function finished(status: JobStatus, end: End, now: string): JobStatus | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  if (succeeded.length + failed.length + (status.terminating ?? 0) > 0) return undefined
  const final = condition(end.success ? "Complete" : "Failed", "True", end.reason, end.message, now)
  return {
    ...status,
    conditions: [...(status.conditions ?? []), final],
    ...(end.success && { completionTime: now }),
  }
}

/** What changes in the conditions when a job is suspended or goes on; undefined for nothing. */
export function suspensionChange(world: World, now: string): JobCondition | undefined {
  const suspended = isSuspended(world.job)
  const known = world.job.status.conditions?.find(({ type }) => type === "Suspended")
  const wanted = suspended ? "True" : "False"
  if ((known?.status ?? "False") === wanted) return undefined
  return condition(
    "Suspended",
    wanted,
    suspended ? "JobSuspended" : "JobResumed",
    suspended ? "Job suspended" : "Job resumed",
    now,
  )
}

/** Without what the API leaves out, so that two statuses can be compared. */
function plain(status: JobStatus): JobStatus {
  const { uncountedTerminatedPods: uncounted, ...rest } = status
  const lists = Object.entries(uncounted ?? {}).filter(([, uids]) => uids.length > 0)
  const optional = new Set(["active", "succeeded", "failed", "completedIndexes", "conditions", "startTime"])
  const isNothing = (value: unknown) =>
    value === undefined || value === 0 || value === "" || (Array.isArray(value) && value.length === 0)
  const kept = Object.entries(rest).filter(([name, value]) => !(optional.has(name) && isNothing(value)))
  return { ...Object.fromEntries(kept), uncountedTerminatedPods: Object.fromEntries(lists) }
}
