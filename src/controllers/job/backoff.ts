import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import { condition } from "../pods/pod-state.ts"

/** The pause before a failed pod is replaced, at first and at most; it doubles with each failure. */
const PAUSE_FIRST_MS = 10_000
const PAUSE_LONGEST_MS = 600_000

/** The failures of a job's pods since one succeeded. */
export interface Failures {
  readonly count: number
  readonly lastMs: number
}
export const NO_FAILURES: Failures = { count: 0, lastMs: 0 }

/** Adds pods that have ended since. A success forgets the failures before it. */
export function addEnded(known: Failures, succeeded: readonly Pod[], failed: readonly Pod[]): Failures {
  const failedMs = failed.map(endedMs)
  if (succeeded.length === 0) {
    return failedMs.length === 0 ? known : { count: known.count + failedMs.length, lastMs: Math.max(...failedMs) }
  }
  const successMs = Math.max(...succeeded.map(endedMs))
  const since = failedMs.filter((ms) => ms > successMs)
  return since.length === 0 ? NO_FAILURES : { count: since.length, lastMs: Math.max(...since) }
}

/**
 * How long to wait before the next pod, in milliseconds; 0 when it may start. A failure that lies further ahead than any
 * pause is long was dated before the clock was set back, and holds nothing up.
 */
export function pauseMs({ count, lastMs }: Failures, nowMs: number): number {
  if (count === 0 || lastMs - nowMs > PAUSE_LONGEST_MS) return 0
  return Math.max(0, Math.min(PAUSE_FIRST_MS * 2 ** (count - 1), PAUSE_LONGEST_MS) - (nowMs - lastMs))
}

/** When a pod ended, as well as that can be told. */
export function endedMs(pod: Pod): number {
  const { metadata, status } = pod
  const ready = condition(pod, "Ready")
  const known = [
    containersEndedMs(pod),
    ready?.status === "False" ? timeToMs(ready.lastTransitionTime) : Number.NaN,
    timeToMs(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000,
    timeToMs(metadata.creationTimestamp),
  ].find((ms) => !Number.isNaN(ms))
  return known ?? timeToMs(status.startTime)
}

/** The end of the last container, if all have ended. Sidecars count: they end after the others. */
function containersEndedMs({ spec, status }: Pod): number {
  const sidecars = new Set(
    (spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always").map(({ name }) => name),
  )
  const main = latestEndMs(status.containerStatuses ?? [])
  const side = latestEndMs((status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)))
  if (main === undefined || side === undefined) return main ?? side ?? Number.NaN
  return Number.isNaN(side) ? Number.NaN : Math.max(main, side)
}

/** NaN when one has not ended; undefined for no containers. */
function latestEndMs(containers: readonly ContainerStatus[]): number | undefined {
  if (containers.length === 0) return undefined
  return Math.max(...containers.map(({ state }) => timeToMs(state?.terminated?.finishedAt)))
}
