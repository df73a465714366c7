import type { Pod } from "../../api/core/v1/pod.ts"
import type { Verdict } from "../status/pod-status.ts"

/** What becomes of a pod that has run longer than `activeDeadlineSeconds`. */
export const pastDeadline: Verdict = {
  phase: "Failed",
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
}

/** When that is, if ever. */
export function deadlineMs({ spec, status }: Pod): number | undefined {
  const { activeDeadlineSeconds } = spec
  if (activeDeadlineSeconds === undefined || status.startTime === undefined) return undefined
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000
}
