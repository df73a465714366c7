import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Waiting } from "./actions.ts"
import { allContainers, describePod } from "./containers.ts"

type WaitingByName = ReadonlyMap<string, Waiting>

/** Records an event for each container that begins to back off. */
export function announceBackoff(
  events: Pick<EventRecorder, "record">,
  pod: Pod,
  before: WaitingByName,
  now: WaitingByName,
): void {
  for (const { fieldPath, spec } of allContainers(pod)) {
    const { message = "", reason } = now.get(spec.name) ?? {}
    if (reason === undefined || reason === before.get(spec.name)?.reason) continue
    if (reason === "CrashLoopBackOff") {
      const text = `Back-off restarting failed container ${spec.name} in pod ${describePod(pod)}`
      events.record(pod, "Warning", "BackOff", text, { fieldPath })
    } else if (reason === "ImagePullBackOff") {
      // The image may be that of a volume; why it was not pulled has been told.
      const [text = message] = /^Back-off pulling image "[^"]*"/.exec(message) ?? []
      events.record(pod, "Normal", "BackOff", text, { fieldPath })
      events.record(pod, "Warning", "Failed", "Error: ImagePullBackOff", { fieldPath })
    }
  }
}
