import type { Pod } from "../api/core/v1/pod.ts"
import type { Random } from "../platform/random.ts"
import { isVerdict, judge, prepareFilters, type Verdict } from "./filtering.ts"
import type { ClusterView, SchedulingPlugin } from "./framework.ts"
import type { NodeState } from "./node-state.ts"

/** What a scheduling cycle decided, with everything needed to explain it. */
export type Decision =
  | {
      readonly type: "node"
      readonly nodeName: string
      /** How many nodes were looked at, and how many of them fit. */
      readonly evaluated: number
      readonly feasible: number
      /** Total score by node; empty when only one fits. */
      readonly scores: ReadonlyMap<string, number>
    }
  | { readonly type: "unschedulable"; readonly verdicts: Verdicts }

/** Why a pod fits nowhere. */
export interface Verdicts {
  readonly nodeCount: number
  /** Set when a plugin refused the pod before looking at nodes. */
  readonly whole?: Verdict
  readonly byNode: ReadonlyMap<string, Verdict>
}

/** Clusters up to this size are searched completely; larger ones until enough nodes fit, as kube-scheduler does. */
const FEASIBLE_NODES_MIN = 100
const FEASIBLE_PERCENT_MIN = 5

/** Finds the best node for a pod: the nominated one if it fits there. Pure but for the tie-break. `startAt` rotates, so that all nodes get their turn. */
export function schedule(
  pod: Pod,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
  random: Pick<Random, "int">,
  startAt = 0,
): Decision {
  const nodeCount = cluster.nodes.size
  const filters = prepareFilters(pod, cluster, plugins)
  if (isVerdict(filters)) return { type: "unschedulable", verdicts: { nodeCount, whole: filters, byNode: new Map() } }
  const nominated = cluster.nodes.get(cluster.nominations.nodeOf(pod) ?? "")
  if (nominated !== undefined && judge(pod, nominated, cluster, plugins, filters) === undefined) {
    return { type: "node", nodeName: nominated.name, evaluated: 1, feasible: 1, scores: new Map() }
  }
  const byNode = new Map<string, Verdict>()
  const feasible: NodeState[] = []
  const enough = feasibleNodesToFind(nodeCount)
  for (const node of rotated([...cluster.nodes.values()], startAt)) {
    const failed = judge(pod, node, cluster, plugins, filters)
    if (failed === undefined) feasible.push(node)
    else byNode.set(node.name, failed)
    if (feasible.length >= enough) break
  }
  const evaluated = feasible.length + byNode.size
  const [first, ...others] = feasible
  if (first === undefined) return { type: "unschedulable", verdicts: { nodeCount, byNode } }
  if (others.length === 0) return { type: "node", nodeName: first.name, evaluated, feasible: 1, scores: new Map() }
  const scores = score(pod, cluster, plugins, feasible)
  const best = Math.max(...scores.values())
  const winners = feasible.filter((node) => scores.get(node.name) === best)
  const winner = winners[random.int(winners.length)] ?? first
  return { type: "node", nodeName: winner.name, evaluated, feasible: feasible.length, scores }
}

function score(
  pod: Pod,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
  candidates: readonly NodeState[],
): Map<string, number> {
  const totals = new Map(candidates.map((node) => [node.name, 0]))
  for (const plugin of plugins) {
    const scoring = plugin.preScore?.(pod, cluster, candidates)
    if (scoring === undefined) continue
    const scores = candidates.map(scoring.score)
    scoring.normalize?.(scores)
    for (const [index, node] of candidates.entries()) {
      totals.set(node.name, (totals.get(node.name) ?? 0) + (scores[index] ?? 0) * (plugin.weight ?? 1))
    }
  }
  return totals
}

export function feasibleNodesToFind(nodeCount: number): number {
  if (nodeCount < FEASIBLE_NODES_MIN) return nodeCount
  const percent = Math.max(FEASIBLE_PERCENT_MIN, 50 - Math.trunc(nodeCount / 125))
  return Math.max(FEASIBLE_NODES_MIN, Math.trunc((nodeCount * percent) / 100))
}

function* rotated<T>(values: readonly T[], startAt: number): Generator<T> {
  const from = values.length === 0 ? 0 : startAt % values.length
  yield* values.slice(from)
  yield* values.slice(0, from)
}

/**
 * The text of the FailedScheduling event: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
 * What preemption has to say follows: ` preemption: 0/3 nodes are available: …`.
 */
export function unschedulableMessage({ nodeCount, whole, byNode }: Verdicts, preemption = ""): string {
  if (nodeCount === 0) return "no nodes available to schedule pods"
  const head = `0/${nodeCount} nodes are available:`
  const tail = preemption === "" ? "" : ` ${preemption}`
  if (whole !== undefined) return `${head} ${whole.rejection.reasons.join(", ")}.${tail}`
  const counts = new Map<string, number>()
  for (const { rejection } of byNode.values()) {
    for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return parts.length === 0 ? `${head}${tail}` : `${head} ${parts.join(", ")}.${tail}`
}
