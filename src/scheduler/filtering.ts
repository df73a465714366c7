import type { Pod } from "../api/core/v1/pod.ts"
import type { ClusterView, Filter, Rejection, SchedulingPlugin } from "./framework.ts"
import { type NodeState, placed } from "./node-state.ts"

/** Why a pod does not fit on a node, and which plugin says so. */
export interface Verdict {
  readonly plugin: string
  readonly rejection: Rejection
}

export interface PreparedFilter {
  readonly plugin: string
  readonly filter: Filter
}

export const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0

/** Everything that judges nodes for this pod, or the verdict that stands for all of them. */
export function prepareFilters(
  pod: Pod,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
): readonly PreparedFilter[] | Verdict {
  const filters: PreparedFilter[] = []
  for (const { name, preFilter } of plugins) {
    const prepared = preFilter?.(pod, cluster)
    if (prepared === undefined) continue
    if (typeof prepared !== "function") return { plugin: name, rejection: prepared }
    filters.push({ plugin: name, filter: prepared })
  }
  return filters
}

/**
 * Whether the pod fits on a node, both with the pods nominated for it that are at least as important, and without them:
 * it must not take their room, nor rely on them, since they may still go elsewhere. Undefined: it fits.
 */
export function judge(
  pod: Pod,
  node: NodeState,
  cluster: ClusterView,
  plugins: readonly SchedulingPlugin[],
  filters: readonly PreparedFilter[],
): Verdict | undefined {
  const ahead = cluster.nominations
    .on(node.name)
    .filter((other) => priorityOf(other) >= priorityOf(pod) && other.metadata.uid !== pod.metadata.uid)
  if (ahead.length > 0) {
    const crowded = node.copy()
    for (const other of ahead) crowded.add(placed(other))
    const verdict = judgeAfresh(pod, crowded, withNode(cluster, crowded), plugins)
    if (verdict !== undefined) return verdict
  }
  return firstRejection(node, filters)
}

/** The cluster with another state of one of its nodes. */
export function withNode(cluster: ClusterView, node: NodeState): ClusterView {
  return {
    nodes: new Map(cluster.nodes).set(node.name, node),
    nominations: cluster.nominations,
    nodesWithImage: (image) => cluster.nodesWithImage(image),
    namespaceLabels: (namespace) => cluster.namespaceLabels(namespace),
    siblings: (pod) => cluster.siblings(pod),
  }
}

function judgeAfresh(pod: Pod, node: NodeState, cluster: ClusterView, plugins: readonly SchedulingPlugin[]) {
  const filters = prepareFilters(pod, cluster, plugins)
  return isVerdict(filters) ? filters : firstRejection(node, filters)
}

export const isVerdict = (filters: readonly PreparedFilter[] | Verdict): filters is Verdict => "rejection" in filters

function firstRejection(node: NodeState, filters: readonly PreparedFilter[]): Verdict | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter(node)
    if (rejection !== undefined) return { plugin, rejection }
  }
  return undefined
}
