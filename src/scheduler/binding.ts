import type { Pod } from "../api/core/v1/pod.ts"
import { messageOf } from "../machinery/status/message-of.ts"
import type { Plans } from "./filtering.ts"
import type { PodPlan } from "./framework.ts"
import type { Profile } from "./profile.ts"
import { patchStatus, type Reporting } from "./report-unschedulable.ts"
import type { Verdict } from "./verdicts.ts"

/** What one plugin reserves and prepares for a pod that was given a node. */
interface Reservation {
  readonly plugin: string
  readonly plan: PodPlan
}

export interface Reserved {
  readonly nodeName: string
  /** Takes everything back, in reverse order. */
  readonly unreserve: () => void
  readonly preBinds: readonly Reservation[]
}

/** Has every plugin reserve what the pod needs on its node. A rejection has been taken back already. */
export function reserve({ plans }: Plans, profile: Profile, nodeName: string): Reserved | Verdict {
  const reserving: Reservation[] = []
  const preBinds: Reservation[] = []
  for (const [plugin, plan] of plans) {
    if (profile.reserve.has(plugin)) reserving.push({ plugin, plan })
    if (plan.preBind !== undefined && profile.preBind.has(plugin)) preBinds.push({ plugin, plan })
  }
  const unreserve = () => {
    for (const { plan } of reserving.toReversed()) plan.unreserve?.(nodeName)
  }
  for (const { plugin, plan } of reserving) {
    const rejection = failing(`running Reserve plugin "${plugin}"`, () => plan.reserve?.(nodeName), unreserve)
    if (rejection === undefined) continue
    unreserve()
    return { plugin, rejection }
  }
  return { nodeName, unreserve, preBinds }
}

/** Does what has to be done before the pod is bound, one plugin after the other. */
export async function preBind(
  reporting: Reporting,
  pod: Pod,
  { nodeName, preBinds }: Reserved,
  signal: AbortSignal,
): Promise<void> {
  const needed = preBinds.filter(({ plan }) => plan.needsPreBind?.(nodeName) !== false)
  if (needed.length === 0) return
  // It may take a while: others should know already where the pod goes.
  await patchStatus(reporting, pod, undefined, nodeName)
  for (const { plugin, plan } of needed) {
    try {
      await plan.preBind?.(nodeName, signal)
    } catch (error) {
      throw wrapped(`running PreBind plugin "${plugin}"`, error)
    }
  }
}

/** Puts the pod on its node in the API. */
export async function bind({ client, events }: Reporting, pod: Pod, nodeName: string): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await client.raw.post(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { kind: "Node", name: nodeName },
    })
  } catch (error) {
    throw wrapped(`running Bind plugin "DefaultBinder"`, error)
  }
  recordScheduled({ events }, pod, nodeName)
}

export function recordScheduled({ events }: Pick<Reporting, "events">, pod: Pod, nodeName: string): void {
  const { name, namespace } = pod.metadata
  const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
  events.record(pod, "Normal", "Scheduled", message, { action: "Binding" })
}

function failing<T>(doing: string, run: () => T, undo: () => void): T {
  try {
    return run()
  } catch (error) {
    undo()
    throw wrapped(doing, error)
  }
}

const wrapped = (doing: string, cause: unknown): Error => new Error(`${doing}: ${messageOf(cause)}`, { cause })
