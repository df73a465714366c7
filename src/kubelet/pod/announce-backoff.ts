import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { quote } from "../../machinery/field/quote.ts"
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
    const reason = now.get(spec.name)?.reason
    if (reason === undefined || reason === before.get(spec.name)?.reason) continue
    if (reason === "CrashLoopBackOff") {
      const message = `Back-off restarting failed container ${spec.name} in pod ${describePod(pod)}`
      events.record(pod, "Warning", "BackOff", message, { fieldPath })
    } else if (reason === "ImagePullBackOff") {
      events.record(pod, "Normal", "BackOff", `Back-off pulling image ${quote(spec.image ?? "")}`, { fieldPath })
      events.record(pod, "Warning", "Failed", "Error: ImagePullBackOff", { fieldPath })
    }
  }
}
