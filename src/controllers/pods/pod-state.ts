import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodCondition } from "../../api/core/v1/pod-status.ts"

/** Neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return pod.status.phase !== "Succeeded" && pod.status.phase !== "Failed" && !isTerminating(pod)
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

export function condition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status.conditions?.find((candidate) => candidate.type === type)
}

export function isReady(pod: Pod): boolean {
  return condition(pod, "Ready")?.status === "True"
}

/** When the pod has been, or will be, ready for long enough to count as available; undefined while it is not ready. */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = condition(pod, "Ready")
  if (ready?.status !== "True") return undefined
  if (minReadySeconds === 0) return 0
  return ready.lastTransitionTime === undefined
    ? undefined
    : Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000
}

export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const atMs = availableAtMs(pod, minReadySeconds)
  return atMs !== undefined && atMs <= nowMs
}
