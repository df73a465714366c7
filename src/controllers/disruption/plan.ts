import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/policy/v1/pod-disruption-budget.ts"
import { resolveCount } from "../../machinery/quantity/int-or-string.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { isReady, isTerminating } from "../pods/pod-state.ts"

/** How many pods a budget lets go. https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */

/** An eviction that was granted but has not begun by then is given up. */
export const DISRUPTED_LONGEST_MS = 120_000

export interface World {
  readonly budget: PodDisruptionBudget
  /** Those that the budget selects. */
  readonly pods: readonly Pod[]
  /** How many pods the workloads of these pods ask for, all together. */
  readonly scale: number
  readonly nowMs: number
}

export interface Verdict {
  readonly status: PodDisruptionBudgetStatus
  /** When the next granted eviction is given up, if none of them begins. */
  readonly againAfterMs?: number
}

/** The status of a budget. Only pods that are ready and stay count as healthy. */
export function assess({ budget, pods, scale, nowMs }: World): Verdict {
  const { minAvailable, maxUnavailable } = budget.spec
  const [expectedPods, desiredHealthy] = demand(minAvailable, maxUnavailable, pods.length, scale)
  const disrupted = stillDisrupted(budget, pods, nowMs)
  const currentHealthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && !disrupted.has(pod.metadata.name),
  ).length
  const allowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  const waits = [...disrupted.values()].map((sinceMs) => sinceMs + DISRUPTED_LONGEST_MS - nowMs)
  return {
    status: {
      observedGeneration: budget.metadata.generation ?? 0,
      ...(disrupted.size > 0 && {
        disruptedPods: Object.fromEntries([...disrupted].map(([name, sinceMs]) => [name, timeFromMs(sinceMs)])),
      }),
      disruptionsAllowed: allowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: conditionsAfter(budget, allowed > 0, nowMs),
    },
    ...(waits.length > 0 && { againAfterMs: Math.max(0, Math.min(...waits)) }),
  }
}

type Bound = number | string | undefined

/** How many pods there should be, and how many of them must be healthy. */
function demand(minAvailable: Bound, maxUnavailable: Bound, present: number, scale: number): readonly [number, number] {
  if (maxUnavailable !== undefined) return [scale, Math.max(0, scale - resolveCount(maxUnavailable, scale, true))]
  if (minAvailable === undefined) return [present, 0]
  if (typeof minAvailable === "number") return [present, minAvailable]
  return [scale, resolveCount(minAvailable, scale, true)]
}

/** Pods whose eviction was granted and has not begun: they are not counted twice. By name, since when. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): ReadonlyMap<string, number> {
  const granted = new Map(
    Object.entries(budget.status.disruptedPods ?? {}).map(([name, text]) => [name, Date.parse(text)]),
  )
  const waiting = pods.filter((pod) => !isTerminating(pod)).map(({ metadata }) => metadata.name)
  return new Map(
    waiting.flatMap((name) => {
      const sinceMs = granted.get(name)
      return sinceMs === undefined || sinceMs + DISRUPTED_LONGEST_MS <= nowMs ? [] : [[name, sinceMs] as const]
    }),
  )
}

function conditionsAfter({ metadata, status }: PodDisruptionBudget, allowed: boolean, nowMs: number) {
  const next = {
    type: "DisruptionAllowed",
    status: allowed ? "True" : "False",
    observedGeneration: metadata.generation ?? 0,
    reason: allowed ? "SufficientPods" : "InsufficientPods",
    message: "",
  }
  const before = (status.conditions ?? []).find(({ type }) => type === next.type)
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : timeFromMs(nowMs)
  return [...(status.conditions ?? []).filter(({ type }) => type !== next.type), { ...next, lastTransitionTime }]
}
