import type { CronJob, CronJobStatus } from "../../api/batch/v1/cron-job.ts"
import type { Job } from "../../api/batch/v1/job.ts"
import type { ObjectReference } from "../../api/core/v1/references.ts"
import { quote } from "../../machinery/field/quote.ts"
import { CronError, type CronSchedule, isTimeZone, parseCron } from "../../machinery/time/cron.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import { due, untilNextMs } from "./due.ts"

/** An event to record. */
export interface Note {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
}

export interface Plan {
  readonly notes: readonly Note[]
  /** Without what ended or is gone. */
  readonly status: CronJobStatus
  /** Of what has ended: beyond the limits. */
  readonly outdated: readonly Job[]
  /** Jobs that run and give way to the new one. */
  readonly replaced: readonly ObjectReference[]
  /** The planned time of a job to be started now, in milliseconds since the epoch. */
  readonly startMs?: number
  readonly againAfterMs?: number | undefined
}

/** What to do for a cron job and the jobs it controls. */
export function plan(cronJob: CronJob, jobs: readonly Job[], nowMs: number): Plan {
  const seen = take(cronJob, jobs)
  const outdated = outdatedJobs(cronJob, jobs)
  const decision = cronJob.metadata.deletionTimestamp === undefined ? decide(cronJob, seen.status, nowMs) : {}
  return { replaced: [], ...decision, outdated, status: seen.status, notes: [...seen.notes, ...(decision.notes ?? [])] }
}

const endOf = ({ status }: Job): string | undefined =>
  status.conditions?.find(
    (condition) => (condition.type === "Complete" || condition.type === "Failed") && condition.status === "True",
  )?.type

/** What has become of the jobs. */
function take({ status }: CronJob, jobs: readonly Job[]): { readonly status: CronJobStatus; readonly notes: Note[] } {
  const notes: Note[] = []
  let active = status.active ?? []
  let { lastSuccessfulTime } = status
  for (const job of jobs) {
    const { uid, name } = job.metadata
    const known = active.some((reference) => reference.uid === uid)
    const end = endOf(job)
    if (end === undefined) {
      if (!known) {
        const message = `Saw a job that the controller did not create or forgot: ${name}`
        notes.push({ type: "Warning", reason: "UnexpectedJob", message })
      }
      continue
    }
    if (known) {
      active = active.filter((reference) => reference.uid !== uid)
      const message = `Saw completed job: ${name}, condition: ${end}`
      notes.push({ type: "Normal", reason: "SawCompletedJob", message })
    }
    const { completionTime } = job.status
    const isLater = lastSuccessfulTime === undefined || timeToMs(completionTime) > timeToMs(lastSuccessfulTime)
    if (end === "Complete" && completionTime !== undefined && isLater) lastSuccessfulTime = completionTime
  }
  const uids = new Set(jobs.map(({ metadata }) => metadata.uid))
  for (const { name } of active.filter(({ uid = "" }) => !uids.has(uid))) {
    notes.push({ type: "Normal", reason: "MissingJob", message: `Active job went missing: ${name}` })
  }
  return {
    status: withActive(
      { ...status, lastSuccessfulTime },
      active.filter(({ uid = "" }) => uids.has(uid)),
    ),
    notes,
  }
}

/** A list without entries is left out, as the API does. */
export function withActive(status: CronJobStatus, active: readonly ObjectReference[]): CronJobStatus {
  const { active: _before, lastSuccessfulTime, ...rest } = status
  return {
    ...rest,
    ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
    ...(active.length > 0 && { active }),
  }
}

function outdatedJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const beyond = (end: string, limit: number | undefined) => {
    const ended = jobs.filter((job) => endOf(job) === end).toSorted(startedFirst)
    const surplus = limit === undefined ? 0 : Math.max(0, ended.length - limit)
    return ended.slice(0, surplus).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  }
  return [...beyond("Complete", spec.successfulJobsHistoryLimit), ...beyond("Failed", spec.failedJobsHistoryLimit)]
}

/** Jobs that never started are last. */
function startedFirst(a: Job, b: Job): number {
  const startMs = ({ status }: Job) =>
    status.startTime === undefined ? Number.MAX_SAFE_INTEGER : timeToMs(status.startTime)
  return startMs(a) - startMs(b) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

type Decision = Partial<Pick<Plan, "notes" | "replaced" | "startMs" | "againAfterMs">>
const warning = (reason: string, message: string): Note => ({ type: "Warning", reason, message })

function decide(cronJob: CronJob, status: CronJobStatus, nowMs: number): Decision {
  const { timeZone, suspend, schedule: text } = cronJob.spec
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    return {
      notes: [warning("UnknownTimeZone", `invalid timeZone: ${quote(timeZone)}: unknown time zone ${timeZone}`)],
    }
  }
  if (suspend) return {}
  const notes: Note[] = []
  if (text.includes("TZ")) {
    const why = "is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
    notes.push(warning("UnsupportedSchedule", `CRON_TZ or TZ used in schedule ${quote(text)} ${why} for more details`))
  }
  const schedule = readSchedule(text)
  if (schedule instanceof CronError) {
    const message = `unparseable schedule: ${quote(text)} : ${schedule.message}`
    return { notes: [...notes, warning("UnparseableSchedule", message)] }
  }
  const found = due(cronJob, schedule, nowMs)
  if ("problem" in found) {
    return { notes: [...notes, warning("InvalidSchedule", `invalid schedule: ${text} : ${found.problem}`)] }
  }
  if (found.missedMany && found.dueMs !== undefined) {
    const advice = "Set or decrease .spec.startingDeadlineSeconds or check clock skew"
    notes.push(warning("TooManyMissedTimes", `too many missed start times. ${advice}`))
  }
  const decision = found.dueMs === undefined ? {} : startAt(cronJob, status, found.dueMs, nowMs)
  // After a start the next time follows from it.
  const lastScheduleTime =
    decision.startMs === undefined ? status.lastScheduleTime : new Date(decision.startMs).toISOString()
  const after = { ...cronJob, status: { ...status, ...(lastScheduleTime !== undefined && { lastScheduleTime }) } }
  return {
    ...decision,
    notes: [...notes, ...(decision.notes ?? [])],
    againAfterMs: untilNextMs(after, schedule, nowMs),
  }
}

/** Throws nothing: a schedule from an older version may be unreadable. */
export function readSchedule(text: string): CronSchedule | CronError {
  try {
    return parseCron(text)
  } catch (error) {
    if (error instanceof CronError) return error
    throw error
  }
}

/** Names tell the time that was planned, so that no time starts two jobs. */
export function jobName({ metadata }: CronJob, atMs: number): string {
  return `${metadata.name}-${Math.floor(atMs / 60_000)}`
}

function startAt(cronJob: CronJob, status: CronJobStatus, dueMs: number, nowMs: number): Decision {
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec
  const active = status.active ?? []
  if (startingDeadlineSeconds !== undefined && dueMs + Number(startingDeadlineSeconds) * 1000 < nowMs) {
    const planned = new Date(dueMs).toUTCString().replace("GMT", "+0000")
    return { notes: [warning("MissSchedule", `Missed scheduled time to start a job: ${planned}`)] }
  }
  const name = jobName(cronJob, dueMs)
  if (active.some((job) => job.name === name) || timeToMs(status.lastScheduleTime) === dueMs) return {}
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid"
    return { notes: [{ type: "Normal", reason: "JobAlreadyActive", message }] }
  }
  return { startMs: dueMs, replaced: concurrencyPolicy === "Replace" ? active : [] }
}
