import type { Job } from "../../api/batch/v1/job.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"

/** When a job that has ended is to be deleted, in milliseconds since the epoch; undefined while or if it is not. */
export function expiresAtMs({ metadata, spec, status }: Job): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = spec
  if (ttl === undefined || metadata.deletionTimestamp !== undefined) return undefined
  const end = status.conditions?.find(
    (condition) => (condition.type === "Complete" || condition.type === "Failed") && condition.status === "True",
  )
  const endedMs = timeToMs(end?.lastTransitionTime)
  return Number.isNaN(endedMs) ? undefined : endedMs + ttl * 1000
}
