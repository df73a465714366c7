import type { CronJob } from "../../../src/api/batch/v1/cron-job.ts"
import type { Job } from "../../../src/api/batch/v1/job.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { broken, type Invariant } from "../invariant.ts"
import { isLimited } from "./converged.ts"
import { controlledBy, controllerOf, isActive, nameOf, PODS, podChange } from "./pods.ts"

const JOBS = "jobs.batch"

/** Completions are counted once each, no more pods work than allowed, and what has ended stays so. */
export function jobs(): Invariant {
  /** The pods that have succeeded, by the uid of their job. */
  const succeeded = new Map<string, Set<string>>()
  const scheduled = new Set<string>()
  return {
    name: "jobs",
    onChange(change, { record, wasCrashed }) {
      const { after: pod, before: podBefore } = podChange(change) ?? {}
      const owner = pod && controllerOf(pod)
      if (pod !== undefined && owner !== undefined && pod.status.phase === "Succeeded") {
        succeeded.getOrInsertComputed(owner, () => new Set()).add(pod.metadata.uid)
      }
      if (pod !== undefined && owner !== undefined && podBefore === undefined) {
        const job = record.list<Job>(JOBS).find(({ metadata }) => metadata.uid === owner)
        const active = controlledBy<Pod>(record, PODS, owner).filter(isActive).length
        const { parallelism = 1 } = job?.spec ?? {}
        if (job !== undefined && !wasCrashed && active > parallelism && job.metadata.generation === 1) {
          throw broken(`${nameOf(job)} has ${active} active pods, at most ${parallelism} are allowed`)
        }
      }
      if (change.resource !== JOBS || change.after === undefined) return
      const after = change.after as unknown as Job
      const before = change.before as unknown as Job | undefined
      checkCounts(after, before, succeeded.get(after.metadata.uid)?.size ?? 0)
      if (before !== undefined) return
      const cronJob = record
        .list<CronJob>("cronjobs.batch")
        .find(({ metadata }) => metadata.uid === controllerOf(after))
      if (cronJob === undefined) return
      if (scheduled.has(nameOf(after))) throw broken(`${nameOf(after)} is made for the second time`)
      scheduled.add(nameOf(after))
      if (cronJob.spec.concurrencyPolicy !== "Forbid") return
      const running = controlledBy<Job>(record, JOBS, cronJob.metadata.uid).filter((each) => !hasEnded(each))
      if (running.length > 1) throw broken(`${nameOf(cronJob)} forbids concurrency but has ${running.length} jobs`)
    },
    atEnd({ record }) {
      for (const job of record.list<Job>(JOBS)) {
        if (job.spec.suspend !== true && !hasEnded(job) && !isLimited(record, job))
          throw broken(`${nameOf(job)} has not ended`)
      }
    },
  }
}

function checkCounts(job: Job, before: Job | undefined, podsSucceeded: number): void {
  const { succeeded = 0, uncountedTerminatedPods } = job.status
  const name = nameOf(job)
  const { completions } = job.spec
  if (completions !== undefined && succeeded > completions && job.spec.completionMode !== "Indexed") {
    throw broken(`${name} counts ${succeeded} completions of ${completions}`)
  }
  const counted = succeeded + (uncountedTerminatedPods?.succeeded?.length ?? 0)
  if (counted > podsSucceeded) throw broken(`${name} counts ${counted} completions, ${podsSucceeded} pods succeeded`)
  if (before === undefined || before.metadata.uid !== job.metadata.uid) return
  if (succeeded < (before.status.succeeded ?? 0)) throw broken(`${name} counts fewer completions than before`)
  if ((job.status.failed ?? 0) < (before.status.failed ?? 0)) throw broken(`${name} counts fewer failures than before`)
  if (hasEnded(before) && !hasEnded(job)) throw broken(`${name} had ended and no longer has`)
}

export function hasEnded({ status }: Job): boolean {
  return (status.conditions ?? []).some(
    ({ status, type }) => status === "True" && (type === "Complete" || type === "Failed"),
  )
}
