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

/** Tells users why a pod has no node. `nominatedNodeName`: the node that it has in view now, "" for none. */
export async function reportUnschedulable(
  { client, events, platform }: Reporting,
  pod: Pod,
  message: string,
  nominatedNodeName: string,
): Promise<void> {
  events.record(pod, "Warning", "FailedScheduling", shortened(message))
  const known = pod.status.conditions?.find(({ type }) => type === "PodScheduled")
  const told = known?.status === "False" && known.reason === "Unschedulable" && known.message === message
  const renominated = (pod.status.nominatedNodeName ?? "") !== nominatedNodeName
  if (told && !renominated) return
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    observedGeneration: pod.metadata.generation,
    ...(known?.status !== "False" && { lastTransitionTime: timeFromMs(platform.clock.nowMs()) }),
  }
  const status = { conditions: [condition], ...(renominated && { nominatedNodeName: nominatedNodeName || null }) }
  try {
    const body = { metadata: { uid: pod.metadata.uid }, status }
    await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
  } catch (error) {
    if (!isNotFound(error)) platform.log.warn("pod condition was not written", { pod: keyOf(pod), error })
  }
}
