import type { Pod } from "../api/core/v1/pod.ts"
import type { Random } from "../platform/random.ts"
import type { AlikePods } from "./alike.ts"
import type { ClusterState } from "./cluster-state.ts"
import { judge, type Plans, prepare } from "./filtering.ts"
import { rejectForGood } from "./framework.ts"
import type { NodeState } from "./node-state.ts"
import type { Profile } from "./profile.ts"
import { Refusals, type Verdicts } from "./verdicts.ts"

/** The nodes that a pod fits on, as far as they were looked for. */
export interface Search {
  readonly plans: Plans
  readonly feasible: readonly NodeState[]
  readonly verdicts: Verdicts
  /** How many nodes were looked at. */
  readonly evaluated: number
}

export interface SearchOptions {
  /** Rotates, so that all nodes get their turn. */
  readonly startAt: number
  /** In percent of the nodes; 0: the larger the cluster, the smaller the part. */
  readonly percentageOfNodesToScore: number
  /** Whether one node that fits is enough: nothing tells a better one. */
  readonly anyWillDo?: boolean
  /** What is known from pods before. */
  readonly alike?: AlikePods
}

/** Clusters up to this size are searched completely; larger ones until enough nodes fit, as kube-scheduler does. */
const FEASIBLE_NODES_MIN = 100
const FEASIBLE_PERCENT_MIN = 5

/** Finds nodes that the pod fits on: the nominated one alone if it fits there. Throws what plugins throw. */
export function search(pod: Pod, cluster: ClusterState, profile: Profile, options: SearchOptions): Search {
  const nodeCount = cluster.nodes.size
  const prepared = prepare(pod, cluster, profile)
  const known = options.alike?.of(prepared)
  const plans = known === undefined ? prepared : { ...prepared, known }
  const { whole, named } = plans
  if (whole !== undefined) {
    return { plans, feasible: [], verdicts: { nodeCount, whole, byNode: new Refusals() }, evaluated: 0 }
  }
  const nominated = cluster.nodes.get(cluster.nominations.nodeOf(pod) ?? "")
  if (nominated !== undefined && judge(plans, nominated) === undefined) {
    return { plans, feasible: [nominated], verdicts: { nodeCount, byNode: new Refusals() }, evaluated: 1 }
  }
  const refusals = known?.refusedEverywhere(plans)
  if (refusals !== undefined) {
    return { plans, feasible: [], verdicts: { nodeCount, byNode: refusals }, evaluated: nodeCount }
  }
  const nodes = named === undefined ? cluster.ordered() : existing(cluster, named.nodeNames)
  const enough = options.anyWillDo ? 1 : feasibleNodesToFind(nodes.length, options.percentageOfNodesToScore)
  const byNode = new Refusals()
  const feasible: NodeState[] = []
  for (let index = 0; index < nodes.length && feasible.length < enough; index++) {
    const node = nodes[(options.startAt + index) % nodes.length] as NodeState
    const verdict = known === undefined ? judge(plans, node) : known.judge(plans, node)
    if (verdict === undefined) feasible.push(node)
    else byNode.set(node.name, verdict)
  }
  const elsewhere = named && rejectForGood(`node(s) didn't satisfy plugin(s) [${named.by.toSorted().join(" ")}]`)
  const verdicts = { nodeCount, byNode, ...(elsewhere && { elsewhere, alsoRejectedBy: named.by }) }
  return { plans, feasible, verdicts, evaluated: feasible.length + byNode.size }
}

/** One number by node, in the order of the nodes. */
export type Scores = readonly number[]

/** The sum of what all plugins say about each node, by their weights. */
export function score({ plans, feasible }: Pick<Search, "plans" | "feasible">, profile: Profile): number[] {
  const totals = Array.from(feasible, () => 0)
  for (const { plugin, weight } of profile.score) {
    const own = plans.plans.get(plugin.name)?.preScore
    const scoring = own === undefined ? plugin.preScore?.(plans.pod, plans.cluster, feasible) : own(feasible)
    if (scoring === undefined) continue
    const scores = feasible.map(scoring.score)
    scoring.normalize?.(scores)
    for (let index = 0; index < scores.length; index++) {
      totals[index] = (totals[index] ?? 0) + (scores[index] ?? 0) * weight
    }
  }
  return totals
}

/** The node with the highest score; any of them when there are several. */
export function pick(feasible: readonly NodeState[], scores: Scores, random: Pick<Random, "int">): NodeState {
  let best = Number.NEGATIVE_INFINITY
  let ties: NodeState[] = []
  for (let index = 0; index < feasible.length; index++) {
    const value = scores[index] ?? 0
    if (value > best) {
      best = value
      ties = []
    }
    if (value === best) ties.push(feasible[index] as NodeState)
  }
  return ties[ties.length === 1 ? 0 : random.int(ties.length)] as NodeState
}

export function feasibleNodesToFind(nodeCount: number, percentage = 0): number {
  if (nodeCount < FEASIBLE_NODES_MIN) return nodeCount
  const adaptive = Math.max(FEASIBLE_PERCENT_MIN, 50 - Math.trunc(nodeCount / 125))
  return Math.max(FEASIBLE_NODES_MIN, Math.trunc((nodeCount * (percentage || adaptive)) / 100))
}

const existing = ({ nodes }: ClusterState, names: ReadonlySet<string>): readonly NodeState[] =>
  [...names].flatMap((name) => nodes.get(name) ?? [])
