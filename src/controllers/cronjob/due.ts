import type { CronJob } from "../../api/batch/v1/cron-job.ts"
import type { CronSchedule } from "../../machinery/time/cron.ts"
import { nextCronTime } from "../../machinery/time/cron-next.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"

/** More missed starts than this are worth a warning: the clock may be wrong. */
const MISSED_MANY = 100
/** So much later than planned the controller looks, because clocks differ. */
const LOOK_LATER_MS = 100

/** What the schedule asked for since the last start. */
interface Past {
  readonly sinceMs: number
  /** The last time at which a job should have started, up to now. */
  readonly dueMs: number | undefined
  readonly missed: "none" | "few" | "many"
}
export type Due = { readonly dueMs: number | undefined; readonly missedMany: boolean } | { readonly problem: string }

/** The start that is due: the latest that was planned since the last one, and not before the starting deadline. */
export function due(cronJob: CronJob, schedule: CronSchedule, nowMs: number): Due {
  const { startingDeadlineSeconds: deadline } = cronJob.spec
  const earliestMs = deadline === undefined ? Number.NEGATIVE_INFINITY : nowMs - Number(deadline) * 1000
  const past = look(cronJob, schedule, nowMs, earliestMs)
  return "problem" in past ? past : { dueMs: past.dueMs, missedMany: past.missed === "many" }
}

/** How long until the next start, in milliseconds; undefined when there is none. */
export function untilNextMs(cronJob: CronJob, schedule: CronSchedule, nowMs: number): number | undefined {
  const past = look(cronJob, schedule, nowMs, Number.NEGATIVE_INFINITY)
  let fromMs = nowMs
  if (!("problem" in past)) fromMs = past.dueMs ?? (past.missed === "none" ? past.sinceMs : nowMs)
  const nextMs = nextCronTime(schedule, fromMs, cronJob.spec.timeZone)
  return nextMs === undefined ? undefined : Math.max(0, nextMs - nowMs) + LOOK_LATER_MS
}

function look(
  { metadata, spec, status }: CronJob,
  schedule: CronSchedule,
  nowMs: number,
  earliestMs: number,
): Past | { readonly problem: string } {
  const next = (ms: number) => nextCronTime(schedule, ms, spec.timeZone)
  const sinceMs = Math.max(timeToMs(status.lastScheduleTime ?? metadata.creationTimestamp), earliestMs)
  const first = next(sinceMs)
  const second = first === undefined ? undefined : next(first)
  if (first === undefined || second === undefined || second - first < 1000) {
    return { problem: "time difference between two schedules is less than 1 second" }
  }
  if (nowMs < first) return { sinceMs, dueMs: undefined, missed: "none" }
  if (nowMs < second) return { sinceMs, dueMs: first, missed: "none" }
  // Nobody counts through years of minutes: the pause between two starts tells about how many there were.
  const gap = second - first
  const count = Math.floor((nowMs - first) / gap) + 1
  let dueMs: number | undefined
  for (let at = next(first + (count - 2) * gap); at !== undefined && at <= nowMs; at = next(at)) dueMs = at
  return { sinceMs, dueMs, missed: count > MISSED_MANY ? "many" : "few" }
}
