import type { Pod } from "../../api/core/v1/pod.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { PodRuntime } from "../pod/facts.ts"
import { AllocationError } from "../topology/hint-provider.ts"
import type { Rejection } from "./admit.ts"

/** A pod that an earlier agent began, and of which nothing runs now. */
export function isStopped({ status }: Pod, { containers }: PodRuntime): boolean {
  if (status?.startTime === undefined || status.phase === "Succeeded" || status.phase === "Failed") return false
  return !containers.some(({ state }) => state === "RUNNING")
}

/** How a pod is turned away that cannot have what it asks for. */
export function rejectionOf(error: unknown): Rejection {
  const message = messageOf(error)
  const reason = error instanceof AllocationError ? error.reason : undefined
  if (reason !== undefined) return { reason, message }
  return { reason: "UnexpectedAdmissionError", message: `Allocate failed due to ${message}, which is unexpected` }
}
