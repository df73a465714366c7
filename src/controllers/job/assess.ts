import type { Job } from "../../api/batch/v1/job.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import { isActive, isReady } from "../pods/pod-state.ts"
import { addEnded, endedMs, type Failures } from "./backoff.ts"
import { IndexSet, validIndexOf } from "./indexes.ts"
import { hasLimitPerIndex, holding, isFailed, isIndexed, isStopping, isSuspended, isTracked } from "./job-state.ts"
import { indexFailures } from "./pod-template.ts"
import { judgeFailure, metSuccessRule } from "./policies.ts"

/** A job and all that is known about its pods. */
export interface World {
  readonly job: Job
  readonly pods: readonly Pod[]
  /** Known before these pods. */
  readonly failures: Failures
  readonly nowMs: number
}

/** What a job comes to: first the interim condition, and, when all is counted, the final one. */
export interface End {
  readonly success: boolean
  readonly reason: string
  readonly message: string
}

export interface Assessment {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  readonly succeeded: number
  readonly startTime: string | undefined
  readonly failures: Failures
  /** Of indexed jobs. */
  readonly succeededIndexes: IndexSet
  /** Of jobs with a limit for each index. */
  readonly failedIndexes: IndexSet | undefined
  /** The failed pod of each index that is to be replaced: it stays until its successor carries on its count. */
  readonly replaceable: ReadonlyMap<number, Pod>
  readonly end: End | undefined
  /** When the job passes its deadline, in milliseconds from now. */
  readonly deadlineInMs: number | undefined
}

export function assess(world: World, now: string): Assessment {
  const { job, pods } = world
  const { status } = job
  const uncounted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  }
  const tracked = pods.filter((pod) => countable(job, pod))
  const newSucceeded = tracked.filter(
    (pod) => pod.status.phase === "Succeeded" && !uncounted.succeeded.has(pod.metadata.uid),
  )
  const newFailed = tracked.filter((pod) => isFailed(pod, job) && !uncounted.failed.has(pod.metadata.uid))
  const counted = newFailed.filter((pod) => judgeFailure(job.spec.podFailurePolicy, pod).counts)
  const active = pods.filter(isActive)
  const startTime = status.startTime ?? (isSuspended(job) ? undefined : now)
  const indexes = assessIndexes(job, pods, active)
  const failed = (status.failed ?? 0) + counted.length + uncounted.failed.size
  const succeeded = isIndexed(job)
    ? indexes.succeededIndexes.size
    : (status.succeeded ?? 0) + newSucceeded.length + uncounted.succeeded.size
  const deadlineInMs = untilDeadlineMs(world, startTime)
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isStopping).length,
    succeeded,
    startTime,
    failures: addEnded(world.failures, newSucceeded, newFailed),
    ...indexes,
    end: endKnown(job) ?? endByPods(world, failed, deadlineInMs) ?? endByIndexes(job, indexes),
    deadlineInMs,
  }
}

/** Pods without the finalizer are counted, or were never the job's; of indexed jobs only its own indexes matter. */
function countable(job: Job, pod: Pod): boolean {
  if (!isTracked(pod)) return false
  return !isIndexed(job) || validIndexOf(pod, job.spec.completions ?? 0) !== undefined
}

function endKnown({ status }: Job): End | undefined {
  const success = holding(status, "SuccessCriteriaMet")
  const known = success ?? holding(status, "FailureTarget")
  return known && { success: success !== undefined, reason: known.reason ?? "", message: known.message ?? "" }
}

const failure = (reason: string, message: string): End => ({ success: false, reason, message })

function endByPods({ job, pods }: World, failed: number, deadlineInMs: number | undefined): End | undefined {
  const { podFailurePolicy, backoffLimit = 6 } = job.spec
  for (const pod of podFailurePolicy === undefined ? [] : pods) {
    if (!isFailed(pod, job)) continue
    const { failsJob } = judgeFailure(podFailurePolicy, pod)
    if (failsJob !== undefined) return failure("PodFailurePolicy", failsJob)
  }
  if (failed > backoffLimit || restartsPastLimit(job, pods, backoffLimit)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
  }
  if (deadlineInMs !== undefined && deadlineInMs <= 0) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline")
  }
  return undefined
}

/** Pods that restart their containers fail without ending. */
function restartsPastLimit({ spec }: Job, pods: readonly Pod[], limit: number): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false
  const restarts = pods
    .filter(({ status }) => status.phase === "Running" || status.phase === "Pending")
    .flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return restarts >= Math.max(limit, 1)
}

function untilDeadlineMs({ job, nowMs }: World, startTime: string | undefined): number | undefined {
  const { activeDeadlineSeconds } = job.spec
  if (activeDeadlineSeconds === undefined || startTime === undefined || isSuspended(job)) return undefined
  return timeToMs(startTime) + Number(activeDeadlineSeconds) * 1000 - nowMs
}

type Indexes = Pick<Assessment, "succeededIndexes" | "failedIndexes" | "replaceable">

function assessIndexes(job: Job, pods: readonly Pod[], active: readonly Pod[]): Indexes {
  const { completions = 0 } = job.spec
  if (!isIndexed(job)) return { succeededIndexes: IndexSet.empty, failedIndexes: undefined, replaceable: new Map() }
  const tracked = pods.filter((pod) => countable(job, pod))
  const of = (some: readonly Pod[]) => IndexSet.of(some.flatMap((pod) => validIndexOf(pod, completions) ?? []))
  const succeededIndexes = IndexSet.parse(job.status.completedIndexes ?? "", completions).union(
    of(tracked.filter(({ status }) => status.phase === "Succeeded")),
  )
  if (!hasLimitPerIndex(job)) return { succeededIndexes, failedIndexes: undefined, replaceable: new Map() }
  const failedIndexes = IndexSet.parse(job.status.failedIndexes ?? "", completions).union(
    of(tracked.filter((pod) => failsIndex(job, pod))),
  )
  const settled = succeededIndexes.union(failedIndexes).union(of(active))
  const replaceable = new Map<number, Pod>()
  for (const pod of tracked.filter((candidate) => isFailed(candidate, job))) {
    const index = validIndexOf(pod, completions)
    if (index === undefined || settled.has(index)) continue
    const other = replaceable.get(index)
    if (other === undefined || isLaterFailure(pod, other)) replaceable.set(index, pod)
  }
  return { succeededIndexes, failedIndexes, replaceable }
}

/** Failures of an index with this pod's own, whether they count or not. */
export function allFailures(pod: Pod): number {
  const { counted, ignored } = indexFailures(pod)
  return counted + ignored + 1
}

const isLaterFailure = (pod: Pod, other: Pod): boolean =>
  allFailures(pod) >= allFailures(other) && endedMs(pod) >= endedMs(other)

function failsIndex(job: Job, pod: Pod): boolean {
  if (!isFailed(pod, job)) return false
  const verdict = judgeFailure(job.spec.podFailurePolicy, pod)
  return verdict.failsIndex || (verdict.counts && indexFailures(pod).counted >= (job.spec.backoffLimitPerIndex ?? 0))
}

function endByIndexes({ spec }: Job, { succeededIndexes, failedIndexes }: Indexes): End | undefined {
  const { completions = 0, maxFailedIndexes, successPolicy } = spec
  const failed = failedIndexes?.size ?? 0
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
  }
  if (failed > 0 && failed + succeededIndexes.size >= completions) {
    return failure("FailedIndexes", "Job has failed indexes")
  }
  const met = metSuccessRule(successPolicy, completions, succeededIndexes)
  return met === undefined ? undefined : { success: true, reason: "SuccessPolicy", message: met }
}
