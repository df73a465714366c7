import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import type { Random } from "../../platform/random.ts"
import { unschedulableMessage, type Verdicts } from "../cycle.ts"
import { priorityOf, type Verdict } from "../filtering.ts"
import { type ClusterView, rejectForGood, type SchedulingPlugin } from "../framework.ts"
import { pickCandidate } from "./pick-candidate.ts"
import { type Candidate, PREEMPTION, selectVictims } from "./select-victims.ts"

/** https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
export type Preemption =
  | { readonly type: "preempt"; readonly candidate: Candidate }
  /** Room is being made already, or the pod does not want it. A node in view stays in view. */
  | { readonly type: "not-eligible"; readonly message: string }
  /** No node becomes free by it. A node in view is given up. */
  | { readonly type: "in-vain"; readonly message: string }

/** So many nodes are tried, if they are there: at least 100, and a tenth of all. */
const CANDIDATES_MIN = 100
const CANDIDATES_PERCENT = 10

const NOT_HELPFUL: Verdict = {
  plugin: PREEMPTION,
  rejection: rejectForGood("Preemption is not helpful for scheduling"),
}

/** Which pods should leave which node, so that a pod that fits nowhere fits there. Pure but for where it begins. */
export function decidePreemption(
  pod: Pod,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
  { whole, byNode }: Verdicts,
  budgets: readonly PodDisruptionBudget[],
  random: Pick<Random, "int">,
): Preemption {
  const verdictOf = (name: string): Verdict | undefined => whole ?? byNode.get(name)
  const reason = whyNotEligible(pod, cluster, verdictOf)
  if (reason !== undefined) return { type: "not-eligible", message: `preemption: ${reason}` }
  const nodes = [...cluster.nodes.values()].filter(({ name }) => verdictOf(name)?.rejection.unresolvable === false)
  const enough = Math.max(CANDIDATES_MIN, Math.trunc((nodes.length * CANDIDATES_PERCENT) / 100))
  const startAt = nodes.length === 0 ? 0 : random.int(nodes.length)
  const verdicts = new Map<string, Verdict>([...cluster.nodes.keys()].map((name) => [name, NOT_HELPFUL]))
  const candidates: Candidate[] = []
  for (const node of [...nodes.slice(startAt), ...nodes.slice(0, startAt)]) {
    const result = selectVictims(pod, node, cluster, plugins, budgets)
    if ("victims" in result) candidates.push(result)
    else verdicts.set(node.name, result)
    if (candidates.length >= enough && candidates.some(({ budgetViolations }) => budgetViolations === 0)) break
  }
  const candidate = pickCandidate(candidates)
  if (candidate !== undefined) return { type: "preempt", candidate }
  const message = unschedulableMessage({ nodeCount: cluster.nodes.size, byNode: verdicts })
  return { type: "in-vain", message: `preemption: ${message}` }
}

function whyNotEligible(
  pod: Pod,
  { nodes, nominations }: ClusterView,
  verdictOf: (nodeName: string) => Verdict | undefined,
): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never."
  const node = nodes.get(nominations.nodeOf(pod) ?? "")
  // A node in view that can no longer take the pod, whoever leaves, is worth no waiting.
  if (node === undefined || verdictOf(node.name)?.rejection.unresolvable !== false) return undefined
  for (const { pod: other } of node.pods.values()) {
    if (priorityOf(other) < priorityOf(pod) && isLeavingByPreemption(other)) {
      return "not eligible due to a terminating pod on the nominated node."
    }
  }
  return undefined
}

export const DISRUPTION_TARGET = "DisruptionTarget"
export const PREEMPTION_REASON = "PreemptionByScheduler"

function isLeavingByPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false
  const target = status.conditions?.find(({ type }) => type === DISRUPTION_TARGET)
  return target?.status === "True" && target.reason === PREEMPTION_REASON
}
