import type { Pod } from "../../api/core/v1/pod.ts"
import type { Key } from "../../client/informer.ts"

/** A pod that waits for a node. */
export interface Waiting {
  readonly key: Key
  pod: Pod
  /** Tries so far. */
  attempts: number
  /** Tries after which no node fitted; the pause after the last of them depends on it. */
  refusals: number
  /** Tries in a row that failed for reasons that have nothing to do with nodes. */
  errors: number
  /** When it came or was last tried, by the monotonic clock. */
  sinceMs: number
  /** The plugins that rejected it; empty after an error that has nothing to do with nodes. */
  rejectedBy: ReadonlySet<string>
  /** The plugin that keeps it out of the queue. */
  gatedBy: string | undefined
}

/** How long a pod waits after a failed try, in milliseconds; 0 without one. */
export function pauseMs({ refusals, errors }: Waiting, firstMs: number, longestMs: number): number {
  const count = errors > 0 ? errors : refusals
  if (count === 0 || longestMs === 0) return 0
  return Math.min(firstMs * 2 ** (count - 1), longestMs)
}

/** Pods that waited this close together come out by priority. */
const WINDOW_MS = 1000

/** By priority, then by how long they wait. */
export function comesFirst(left: Waiting, right: Waiting): boolean {
  const difference = (right.pod.spec.priority ?? 0) - (left.pod.spec.priority ?? 0)
  return difference === 0 ? left.sinceMs < right.sinceMs : difference < 0
}

export interface BackingOff {
  readonly waiting: Waiting
  readonly untilMs: number
}

export function endsFirst(left: BackingOff, right: BackingOff): boolean {
  const difference = Math.trunc(left.untilMs / WINDOW_MS) - Math.trunc(right.untilMs / WINDOW_MS)
  return difference === 0 ? comesFirst(left.waiting, right.waiting) : difference < 0
}
