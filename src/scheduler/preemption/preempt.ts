import { disruptionTargetOf } from "../../api/core/v1/disruption-target.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import type { Random } from "../../platform/random.ts"
import { priorityOf } from "../filtering.ts"
import { type ClusterView, type Failure, rejectForGood } from "../framework.ts"
import type { NodeState } from "../node-state.ts"
import { Refusals, unschedulableMessage, type Verdicts } from "../verdicts.ts"
import { type Candidate, selectVictims } from "./select-victims.ts"

export interface DefaultPreemptionArgs {
  /** So many of the nodes on which it could help are tried, in percent, … */
  readonly minCandidateNodesPercentage: number
  /** … and at least this many, if they are there. */
  readonly minCandidateNodesAbsolute: number
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
export type Preemption =
  | { readonly type: "candidates"; readonly candidates: readonly Candidate[] }
  /** Room is being made already, or the pod does not want it. A node in view stays in view. */
  | { readonly type: "not-eligible"; readonly message: string }
  /** No node becomes free by it. A node in view is given up. */
  | { readonly type: "in-vain"; readonly message: string }

const NOT_HELPFUL = rejectForGood("Preemption is not helpful for scheduling")

/** On which nodes the pod would fit if less important pods left. Pure but for where it begins. */
export function findCandidates(
  pod: Pod,
  { verdicts, cluster, plans }: Failure,
  args: DefaultPreemptionArgs,
  budgets: readonly PodDisruptionBudget[],
  random: Pick<Random, "int">,
): Preemption {
  const { known } = plans
  const reason = whyNotEligible(pod, cluster, verdicts)
  if (reason !== undefined) return { type: "not-eligible", message: reason }
  const nodes = nodesWorthTrying(cluster, verdicts)
  const percent = Math.trunc((nodes.length * args.minCandidateNodesPercentage) / 100)
  const enough = Math.min(nodes.length, Math.max(args.minCandidateNodesAbsolute, percent))
  const startAt = nodes.length === 0 ? 0 : random.int(nodes.length)
  const refused = new Refusals()
  const candidates: Candidate[] = []
  let sparesBudgets = false
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[(startAt + index) % nodes.length] as NodeState
    const select = () => selectVictims(plans, node, budgets)
    const result = known === undefined ? select() : known.dryRun(node, budgets, select)
    if ("victims" in result) {
      candidates.push(result)
      sparesBudgets ||= result.budgetViolations === 0
    } else refused.set(node.name, result)
    if (candidates.length >= enough && sparesBudgets) break
  }
  if (candidates.length > 0) return { type: "candidates", candidates }
  const message = unschedulableMessage({ nodeCount: cluster.nodes.size, byNode: refused, elsewhere: NOT_HELPFUL })
  return { type: "in-vain", message }
}

function whyNotEligible(
  pod: Pod,
  { nodes, nominations }: ClusterView,
  { whole, byNode }: Verdicts,
): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never."
  const node = nodes.get(nominations.nodeOf(pod) ?? "")
  // A node in view that can no longer take the pod, whoever leaves, is worth no waiting.
  if (node === undefined || (whole ?? byNode.get(node.name))?.rejection.unresolvable !== false) return undefined
  for (const { pod: other } of node.pods.values()) {
    if (priorityOf(other) < priorityOf(pod) && isLeavingByPreemption(other)) {
      return "not eligible due to a terminating pod on the nominated node."
    }
  }
  return undefined
}

/** The nodes whose refusal may have to do with the pods that are there. */
function nodesWorthTrying({ nodes }: ClusterView, { whole, byNode }: Verdicts): readonly NodeState[] {
  const all = [...nodes.values()]
  if (whole !== undefined) return whole.rejection.unresolvable ? [] : all
  const isForGood = [...byNode.counts.keys()].some(({ rejection }) => rejection.unresolvable)
  if (byNode.size === nodes.size && !isForGood) return all
  return all.filter(({ name }) => byNode.get(name)?.rejection.unresolvable === false)
}

export const PREEMPTION_REASON = "PreemptionByScheduler"

function isLeavingByPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false
  const target = disruptionTargetOf({ status })
  return target?.status === "True" && target.reason === PREEMPTION_REASON
}
