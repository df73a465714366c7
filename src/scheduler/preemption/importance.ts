import type { Pod } from "../../api/core/v1/pod.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import { priorityOf } from "../filtering.ts"

/** A pod that has not started counts as started last. */
export function startedAtMs({ status }: Pod): number {
  return status.startTime === undefined ? Number.POSITIVE_INFINITY : timeToMs(status.startTime)
}

/** Sorts by priority, then by how long pods run: the pod that is the worst to lose comes first. */
export function mostImportantFirst(left: Pod, right: Pod): number {
  const difference = priorityOf(right) - priorityOf(left)
  if (difference !== 0) return difference
  const [leftMs, rightMs] = [startedAtMs(left), startedAtMs(right)]
  return leftMs === rightMs ? 0 : leftMs - rightMs
}
