import { Pod } from "../../api/core/v1/pod.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Reporting } from "../report-unschedulable.ts"
import { DISRUPTION_TARGET, PREEMPTION_REASON } from "./preempt.ts"
import type { Candidate } from "./select-victims.ts"

/** Ends the victims, and says on each for whom. May be repeated; throws when one could not be ended. */
export async function evictVictims(
  reporting: Reporting,
  preemptor: Pod,
  { victims, nodeName }: Candidate,
): Promise<void> {
  const staying = victims.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  await Promise.all(staying.map((victim) => evict(reporting, preemptor, victim, nodeName)))
}

async function evict({ client, events, platform }: Reporting, preemptor: Pod, victim: Pod, nodeName: string) {
  const { uid } = victim.metadata
  const condition = {
    type: DISRUPTION_TARGET,
    status: "True",
    reason: PREEMPTION_REASON,
    message: `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`,
    observedGeneration: victim.metadata.generation,
    lastTransitionTime: timeFromMs(platform.clock.nowMs()),
  }
  try {
    const body = { metadata: { uid }, status: { conditions: [condition] } }
    await client.of(Pod).patch(victim.metadata, body, { type: "strategic", subresource: "status" })
    await client.of(Pod).delete(victim.metadata, { preconditions: { uid } })
  } catch (error) {
    // Gone already, and perhaps another one has its name by now.
    if (isNotFound(error) || isConflict(error)) return
    throw error
  }
  events.record(victim, "Normal", "Preempted", `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`)
}

/** Takes the node that a pod had in view out of its status. */
export async function forgetNomination({ client }: Pick<Reporting, "client">, pod: Pod): Promise<void> {
  try {
    const body = { metadata: { uid: pod.metadata.uid }, status: { nominatedNodeName: null } }
    await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
