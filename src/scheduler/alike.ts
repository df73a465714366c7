import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts"
import { NewestMap } from "../machinery/newest-map.ts"
import type { ClusterState } from "./cluster-state.ts"
import { judge, type Plans, priorityOf } from "./filtering.ts"
import type { NodeState } from "./node-state.ts"
import type { Candidate } from "./preemption/select-victims.ts"
import { Refusals, type Verdict } from "./verdicts.ts"

/** Of so many kinds of pods it is known what nodes say; most come in groups, one after the other. */
const KINDS_MAX = 16

/** What nodes said to pods that differ in nothing that nodes look at. Nodes that changed since are asked again. */
export class Alike {
  readonly #cluster: ClusterState
  #refusals = new Refusals()
  readonly #fitting = new Set<string>()
  readonly #dryRuns = new Map<string, Candidate | Verdict>()
  #budgets: readonly PodDisruptionBudget[] | undefined
  #position: number

  constructor(cluster: ClusterState) {
    this.#cluster = cluster
    this.#position = cluster.changes.position
  }

  judge(plans: Plans, node: NodeState): Verdict | undefined {
    const { name } = node
    const before = this.#refusals.get(name)
    if (before !== undefined || this.#fitting.has(name)) return before
    const verdict = judge(plans, node)
    if (verdict === undefined) this.#fitting.add(name)
    else this.#refusals.set(name, verdict)
    return verdict
  }

  /** The refusals of all nodes, if no node was known to fit before the latest changes, and none fits now. */
  refusedEverywhere(plans: Plans): Refusals | undefined {
    const { nodes } = this.#cluster
    const changed = this.#forgetChanged()
    if (this.#fitting.size > 0 || this.#refusals.size + changed.length < nodes.size) return undefined
    for (const node of changed) this.judge(plans, node)
    return this.#fitting.size === 0 ? this.#refusals : undefined
  }

  /** What `select` says about the node under these budgets. */
  dryRun(
    { name }: NodeState,
    budgets: readonly PodDisruptionBudget[],
    select: () => Candidate | Verdict,
  ): Candidate | Verdict {
    if (this.#budgets !== budgets) this.#dryRuns.clear()
    this.#budgets = budgets
    let outcome = this.#dryRuns.get(name)
    if (outcome === undefined) this.#dryRuns.set(name, (outcome = select()))
    return outcome
  }

  /** The changed nodes, as far as they are still there. */
  #forgetChanged(): readonly NodeState[] {
    const { changes, nodes } = this.#cluster
    const names = changes.since(this.#position)
    this.#position = changes.position
    if (names === undefined) return this.#forgetAll()
    const changed = new Set<NodeState>()
    for (const name of names) {
      this.#refusals.delete(name)
      this.#fitting.delete(name)
      this.#dryRuns.delete(name)
      const node = nodes.get(name)
      if (node !== undefined) changed.add(node)
    }
    return [...changed]
  }

  /** Nobody knows any more which nodes have changed, nor which have gone. */
  #forgetAll(): readonly NodeState[] {
    this.#refusals = new Refusals()
    this.#fitting.clear()
    this.#dryRuns.clear()
    return [...this.#cluster.nodes.values()]
  }
}

/** Keeps what is known about the kinds of pods that were seen last. */
export class AlikePods {
  readonly #cluster: ClusterState
  readonly #kinds = new NewestMap<string, Alike>(KINDS_MAX)

  constructor(cluster: ClusterState) {
    this.#cluster = cluster
  }

  /** Undefined: what nodes say to this pod depends on more than them, or its own place in view makes it a special case. */
  of(plans: Plans): Alike | undefined {
    const kind = this.#kindOf(plans)
    if (kind === undefined) return undefined
    const alike = this.#kinds.get(kind) ?? new Alike(this.#cluster)
    this.#kinds.set(kind, alike)
    return alike
  }

  #kindOf({ pod, filters, named, whole }: Plans): string | undefined {
    if (whole !== undefined || named !== undefined || this.#cluster.nominations.nodeOf(pod) !== undefined)
      return undefined
    const parts = [pod.spec.schedulerName ?? "", String(priorityOf(pod))]
    for (const { plugin, signature } of filters) {
      if (signature === undefined) return undefined
      parts.push(plugin, signature)
    }
    return parts.join("\n")
  }
}
