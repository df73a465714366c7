import type { ContainerStatus } from "../../runtime/runtime.ts"
import type { Action } from "./actions.ts"
import { operationKey } from "./actions.ts"
import { initContainers } from "./containers.ts"
import type { PodFacts } from "./facts.ts"
import { graceLeastSeconds } from "./grace.ts"

/** Why a pod is being ended, and how much time its containers have. */
export interface Ending {
  readonly graceMs: number
  /** When the ending began, on the monotonic clock. */
  readonly sinceMs: number
}

export interface EndingDecision {
  readonly actions: readonly Action[]
  /** No container runs and no sandbox is ready. */
  readonly ended: boolean
}

/**
 * The next step of a pod that is to end: all regular and init containers at once, then sidecars in the reverse of their
 * starting order, then the sandbox. A pure function, asked again after each change.
 *
 * ```
 *   regular, init, ephemeral ─▶ sidecar n ─▶ … ─▶ sidecar 1 ─▶ sandbox ─▶ ended
 * ```
 */
export function end(facts: PodFacts, ending: Ending): EndingDecision {
  const alive = facts.runtime.containers.filter(({ state }) => state !== "EXITED")
  const order = sidecarOrder(facts)
  const sidecars = alive.filter(({ metadata }) => order.has(metadata.name))
  const others = alive.filter(({ metadata }) => !order.has(metadata.name))
  const spentMs = facts.monotonicMs - ending.sinceMs
  const turn = others.length > 0 ? others : lastStarted(sidecars, order)
  // Sidecars get what is left of the time, because the whole pod has to be gone when it is over.
  const graceMs = others.length > 0 ? ending.graceMs : ending.graceMs - spentMs
  const actions = turn.map((status) => stop(status, Math.max(graceMs, graceLeastSeconds * 1000)))
  const ready = facts.runtime.sandboxes.filter(({ state }) => state === "READY")
  if (alive.length === 0) actions.push(...ready.map(({ id }): Action => ({ do: "stop-sandbox", id })))
  return {
    actions: actions.filter((action) => !facts.busy.has(operationKey(action))),
    ended: alive.length === 0 && ready.length === 0 && facts.busy.size === 0,
  }
}

function stop({ id, state, metadata: { name } }: ContainerStatus, graceMs: number): Action {
  if (state === "CREATED") return { do: "remove-container", id }
  return { do: "kill-container", id, name, message: `Stopping container ${name}`, graceMs }
}

function sidecarOrder({ pod }: PodFacts): ReadonlyMap<string, number> {
  const names = initContainers(pod).flatMap(({ kind, spec }) => (kind === "sidecar" ? [spec.name] : []))
  return new Map(names.map((name, index) => [name, index]))
}

function lastStarted(sidecars: readonly ContainerStatus[], order: ReadonlyMap<string, number>): ContainerStatus[] {
  const last = Math.max(...sidecars.map(({ metadata }) => order.get(metadata.name) ?? 0))
  return sidecars.filter(({ metadata }) => order.get(metadata.name) === last)
}
