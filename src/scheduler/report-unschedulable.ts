import { Pod } from "../api/core/v1/pod.ts"
import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import { keyOf } from "../client/informer.ts"
import { isNotFound } from "../machinery/status/predicates.ts"
import { timeFromMs } from "../machinery/time/timestamp.ts"
import type { Platform } from "../platform/platform.ts"

export interface Reporting {
  readonly client: Client
  readonly events: EventRecorder
  readonly platform: Platform
}

/** Why a try failed: no node fits, or something else went wrong. */
export type FailureReason = "Unschedulable" | "SchedulerError"

/** The API refuses longer notes of events. */
const NOTE_BYTES_MAX = 1024
const CUT = " ..."

/** As long as an event's note may be, cut between characters. */
export function shortened(message: string): string {
  if (Buffer.byteLength(message) <= NOTE_BYTES_MAX) return message
  const bytes = Buffer.from(message).subarray(0, NOTE_BYTES_MAX - CUT.length)
  // A character that the cut divides would become a replacement character.
  const whole = bytes.toString("utf8").replace(/\uFFFD+$/, "")
  return `${whole}${CUT}`
}

/**
 * Tells users why a pod has no node. `nominatedNodeName`: the node that it has in view now, "" for none; undefined leaves
 * what its status says.
 */
export async function reportFailure(
  reporting: Reporting,
  pod: Pod,
  { reason, message, nominatedNodeName }: Report,
): Promise<void> {
  reporting.events.record(pod, "Warning", "FailedScheduling", shortened(message), { action: "Scheduling" })
  const known = pod.status.conditions?.find(({ type }) => type === "PodScheduled")
  const told =
    known?.status === "False" &&
    known.reason === reason &&
    known.message === message &&
    known.observedGeneration === pod.metadata.generation
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    observedGeneration: pod.metadata.generation,
    ...(known?.status !== "False" && { lastTransitionTime: timeFromMs(reporting.platform.clock.nowMs()) }),
  }
  await patchStatus(reporting, pod, told ? undefined : condition, nominatedNodeName)
}

export interface Report {
  readonly reason: FailureReason
  readonly message: string
  readonly nominatedNodeName?: string | undefined
}

/** Writes a condition and the node in view, as far as they are not what the status says. */
export async function patchStatus(
  { client, platform }: Reporting,
  pod: Pod,
  condition: object | undefined,
  nominatedNodeName: string | undefined,
): Promise<void> {
  const renominated = nominatedNodeName !== undefined && (pod.status.nominatedNodeName ?? "") !== nominatedNodeName
  if (condition === undefined && !renominated) return
  const status = {
    ...(condition && { conditions: [condition] }),
    ...(renominated && { nominatedNodeName: nominatedNodeName || null }),
  }
  try {
    const body = { metadata: { uid: pod.metadata.uid }, status }
    await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
  } catch (error) {
    if (!isNotFound(error)) platform.log.warn("pod status was not written", { pod: keyOf(pod), error })
  }
}
