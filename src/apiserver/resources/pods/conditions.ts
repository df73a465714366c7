import type { PodStatus } from "../../../api/core/v1/pod-status.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { timeFromMs } from "../../../machinery/time/timestamp.ts"

type Condition = NonNullable<Draft<PodStatus>["conditions"]>[number]

/** Sets one condition; the time of its last transition only moves when its status changes. */
export function setPodCondition(status: Draft<PodStatus>, condition: Condition, nowMs: number): void {
  const conditions = (status.conditions ??= [])
  const at = conditions.findIndex(({ type }) => type === condition.type)
  const before = conditions[at]
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined
  const next = { ...condition, lastTransitionTime: since ?? timeFromMs(nowMs) }
  if (at < 0) conditions.push(next)
  else conditions[at] = next
}
