import type { Pod } from "../api/core/v1/pod.ts"
import type { Alike } from "./alike.ts"
import type { ClusterView, Filter, PodPlan } from "./framework.ts"
import type { NodeState, PlacedPod } from "./node-state.ts"
import type { Profile } from "./profile.ts"
import { type Verdict, verdictOf } from "./verdicts.ts"

export const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0

/** What every plugin of a profile does about one pod, in one cycle. */
export interface Plans {
  readonly pod: Pod
  readonly cluster: ClusterView
  readonly filters: readonly PreparedFilter[]
  /** By plugin. */
  readonly plans: ReadonlyMap<string, PodPlan>
  /** The verdict that stands for all nodes. */
  readonly whole?: Verdict
  /** What nodes said to pods that are alike; see `alike.ts`. */
  readonly known?: Alike
  /** The only nodes worth looking at, and the plugins that say so. */
  readonly named?: { readonly nodeNames: ReadonlySet<string>; readonly by: readonly string[] }
}

export interface PreparedFilter {
  readonly plugin: string
  readonly filter: Filter
  /** See `PodPlan`. */
  readonly signature: string | undefined
}

/** Asks every plugin what it has to do about the pod. Throws what plugins throw. */
export function prepare(pod: Pod, cluster: ClusterView, profile: Profile): Plans {
  const filters: PreparedFilter[] = []
  const plans = new Map<string, PodPlan>()
  const named: { nodeNames?: ReadonlySet<string>; readonly by: string[] } = { by: [] }
  let whole: Verdict | undefined
  for (const { name, preFilter } of profile.preFilter) {
    const plan = preFilter?.(pod, cluster)
    if (plan === undefined) continue
    if ("reasons" in plan) {
      whole = { plugin: name, rejection: plan }
      // Preemption may help against the other kind, and has to know what all plugins say.
      if (plan.unresolvable) return { pod, cluster, filters, plans, whole }
      continue
    }
    plans.set(name, plan)
    if (plan.nodeNames === undefined) continue
    named.by.push(name)
    named.nodeNames = named.nodeNames?.intersection(plan.nodeNames) ?? plan.nodeNames
    if (named.nodeNames.size === 0) return { pod, cluster, filters, plans, whole: nowhere(named.by.sort()) }
  }
  for (const name of profile.filter) {
    const { filter, signature } = plans.get(name) ?? {}
    if (filter !== undefined) filters.push({ plugin: name, filter, signature })
  }
  const { nodeNames, by } = named
  return { pod, cluster, filters, plans, ...(whole && { whole }), ...(nodeNames && { named: { nodeNames, by } }) }
}

function nowhere(by: readonly string[]): Verdict {
  const reason =
    by.length === 1
      ? `node(s) didn't satisfy plugin ${by[0]}`
      : `node(s) didn't satisfy plugin(s) [${by.join(" ")}] simultaneously`
  return { plugin: by[0] ?? "", rejection: { reasons: [reason], unresolvable: true } }
}

/**
 * Whether the pod fits on a node, both with the pods nominated for it that are at least as important, and without them:
 * it must not take their room, nor rely on them, since they may still go elsewhere. Undefined: it fits.
 */
export function judge(plans: Plans, node: NodeState): Verdict | undefined {
  const { pod, cluster, filters } = plans
  const nominated = cluster.nominations.isEmpty ? undefined : cluster.nominations.on(node.name)
  if (nominated !== undefined && nominated.size > 0) {
    const ahead = comeBefore(pod, nominated.values())
    if (ahead.length > 0) {
      for (const other of ahead) tryPut(plans, other, node)
      const crowded = firstRejection(node, filters)
      for (const other of ahead) tryTake(plans, other, node)
      if (crowded !== undefined) return crowded
    }
  }
  return firstRejection(node, filters)
}

/** Of the pods that have a node in view, those that this one must leave room for. */
export function comeBefore(pod: Pod, nominated: Iterable<PlacedPod>): readonly PlacedPod[] {
  const priority = priorityOf(pod)
  const ahead: PlacedPod[] = []
  for (const other of nominated) {
    if (other.priority >= priority && other.pod.metadata.uid !== pod.metadata.uid) ahead.push(other)
  }
  return ahead
}

/** Puts another pod on a node in the eyes of all plugins. */
export function tryPut({ cluster, plans }: Plans, other: PlacedPod, node: NodeState): void {
  cluster.put(other, node)
  for (const { add } of plans.values()) add?.(other, node)
}

/** Takes another pod from a node in the eyes of all plugins. */
export function tryTake({ cluster, plans }: Plans, other: PlacedPod, node: NodeState): void {
  cluster.take(other, node)
  for (const { remove } of plans.values()) remove?.(other, node)
}

function firstRejection(node: NodeState, filters: readonly PreparedFilter[]): Verdict | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter(node)
    if (rejection !== undefined) return verdictOf(plugin, rejection)
  }
  return undefined
}
