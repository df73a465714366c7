import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import type { PodContainer } from "./containers.ts"
import { createdAtMs, finishedAtMs } from "./facts.ts"

/** Crash-loop back-off, as the kubelet's defaults: 10 s doubling to 300 s, forgotten after 10 minutes of running. */
export const crashBackoffFirstMs = 10_000
const crashBackoffLongestMs = 300_000

/**
 * The pause that is due after this instance ends. It is kept on the container itself so that back-off survives a
 * restart of the agent. Absent on first instances.
 */
export const backoffAnnotation = "gantry.dev/restart-backoff-ms"

/** Whether a container that has ended with `exitCode` is to run again. */
export function restartsAfter(pod: Pod, container: PodContainer, exitCode: number): boolean {
  if (container.kind === "ephemeral") return false
  if (container.kind === "sidecar") return true
  const rule = matchingRule(container.spec, exitCode)
  if (rule !== undefined) return true
  const policy = container.spec.restartPolicy ?? pod.spec.restartPolicy ?? "Always"
  if (policy === "Never") return false
  // An init container that succeeded has done its work whatever the policy.
  if (policy === "OnFailure" || container.kind === "init") return exitCode !== 0
  return true
}

/** The first rule of the container that speaks of this exit code. */
export function matchingRule(container: Container, exitCode: number) {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes?.operator === "In" ? listed : exitCodes?.operator === "NotIn" && !listed
  })
}

/** Whether a container that still runs but must be killed (a failed probe) would come back. */
export function restartsAfterKill(pod: Pod, container: PodContainer): boolean {
  return container.kind === "sidecar" || (container.spec.restartPolicy ?? pod.spec.restartPolicy) !== "Never"
}

export interface RestartPause {
  /** How long the container has to wait yet. */
  readonly leftMs: number
  /** The whole pause before this start, for messages. */
  readonly pauseMs: number
  /** The pause to note on the instance about to be created, due before the one after it. */
  readonly nextPauseMs: number
}

/**
 * When an ended container may start again. The first restart is immediate; every further one waits, counted from the
 * end of the last instance. An instance that ran long enough clears the record. The end is dated by a clock that may have
 * been set since: one that lies further ahead than the pause is long ends the pause, so that none is longer than twice.
 */
export function restartPause(last: ContainerStatus, nowMs: number, longestMs = crashBackoffLongestMs): RestartPause {
  const noted = Number(last.annotations[backoffAnnotation] ?? 0)
  const ranMs = finishedAtMs(last) - createdAtMs(last)
  if (!(noted > 0) || ranMs > 2 * longestMs) {
    return { leftMs: 0, pauseMs: 0, nextPauseMs: Math.min(crashBackoffFirstMs, longestMs) }
  }
  const sinceMs = nowMs - finishedAtMs(last)
  return {
    leftMs: sinceMs < -noted ? 0 : noted - Math.max(0, sinceMs),
    pauseMs: noted,
    nextPauseMs: Math.min(noted * 2, longestMs),
  }
}
