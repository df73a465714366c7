import { disruptionTargetOf } from "../../api/core/v1/disruption-target.ts"
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

/** Those whose granted eviction never began. */
export function notDeleted({ budget, pods, nowMs }: Pick<World, "budget" | "pods" | "nowMs">): readonly Pod[] {
  const granted = new Map(Object.entries(budget.status.disruptedPods ?? {}))
  return pods.filter((pod) => {
    const since = granted.get(pod.metadata.name)
    return since !== undefined && !isTerminating(pod) && Date.parse(since) + DISRUPTED_LONGEST_MS < nowMs
  })
}

/** The status of a budget that nothing can be said about: nobody may go. */
export function failed({ status }: PodDisruptionBudget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const verdict = { status: "False", reason: "SyncFailed", message, observedGeneration: status.observedGeneration ?? 0 }
  return { ...status, disruptionsAllowed: 0, conditions: conditionsAfter(status, verdict, nowMs) }
}

/** How long a pod may say that it is about to be disrupted while nothing happens. */
const STALE_DISRUPTION_MS = 120_000

/** When it becomes wrong that the pod is to be disrupted, in milliseconds from now; undefined when it does not say so. */
export function staleDisruptionInMs(pod: Pod, nowMs: number): number | undefined {
  const { phase } = pod.status
  if (isTerminating(pod) || phase === "Succeeded" || phase === "Failed") return undefined
  const target = disruptionTargetOf(pod)
  // A kubelet takes its time to end pods.
  if (target?.status !== "True" || target.reason === "TerminationByKubelet") return undefined
  return Math.max(0, Date.parse(target.lastTransitionTime ?? "") + STALE_DISRUPTION_MS - nowMs) || 0
}

/** As Go prints a label selector. */
export function formatSelector(selector: PodDisruptionBudget["spec"]["selector"]): string {
  if (selector === undefined) return "nil"
  const labels = Object.entries(selector.matchLabels ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`
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
      conditions: conditionsAfter(budget.status, verdictOf(budget, allowed > 0), nowMs),
    },
    ...(waits.length > 0 && { againAfterMs: Math.max(0, Math.min(...waits)) }),
  }
}

type Bound = number | string | undefined

/** How many pods there should be, and how many of them must be healthy. */
function demand(minAvailable: Bound, maxUnavailable: Bound, present: number, scale: number): readonly [number, number] {
  if (maxUnavailable !== undefined) return [scale, Math.max(0, scale - resolveCount(maxUnavailable, scale, true))]
  if (minAvailable === undefined) return [0, 0]
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

const verdictOf = ({ metadata }: PodDisruptionBudget, allowed: boolean) => ({
  status: allowed ? "True" : "False",
  observedGeneration: metadata.generation ?? 0,
  reason: allowed ? "SufficientPods" : "InsufficientPods",
  message: "",
})

function conditionsAfter(
  { conditions = [] }: PodDisruptionBudgetStatus,
  verdict: ReturnType<typeof verdictOf>,
  nowMs: number,
) {
  const before = conditions.find(({ type }) => type === ALLOWED)
  const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : timeFromMs(nowMs)
  return [...conditions.filter(({ type }) => type !== ALLOWED), { type: ALLOWED, ...verdict, lastTransitionTime }]
}
const ALLOWED = "DisruptionAllowed"
