import type { TopologySpreadConstraint } from "../../api/core/v1/affinity.ts"
import { requiredNodes } from "../../api/core/v1/node-affinity.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { untoleratedTaint } from "../../api/core/v1/taints.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { type ClusterView, reject, rejectForGood, SCORE_MAX, type SchedulingPlugin } from "../framework.ts"
import type { NodeState } from "../node-state.ts"

const HOSTNAME = "kubernetes.io/hostname"
const MISMATCH = "node(s) didn't match pod topology spread constraints"

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean

interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selects: LabelTest
  /** Whether pods on this node count. */
  readonly includes: (node: NodeState) => boolean
}

/** What pods without constraints of their own prefer, for pods that belong to a service or a workload. */
const DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
]

/** Keeps pods of a kind evenly spread over hosts, zones or other groups of nodes. */
export const podTopologySpread: SchedulingPlugin = {
  name: "PodTopologySpread",
  weight: 2,
  preFilter: (pod, cluster) => {
    const constraints = constraintsOf(pod, "DoNotSchedule")
    return constraints.length === 0 ? undefined : filter(pod, cluster, constraints)
  },
  preScore: (pod, cluster, candidates) => {
    const own = (pod.spec.topologySpreadConstraints ?? []).length > 0
    const constraints = own ? constraintsOf(pod, "ScheduleAnyway") : defaultConstraints(pod, cluster)
    return constraints.length === 0 ? undefined : score(pod, cluster, candidates, constraints, own)
  },
  wakesOn: [
    { on: "node-added" },
    { on: "node-updated" },
    { on: "pod-added", helps: (pod, event) => event.type === "pod-added" && concerns(pod, event.pod) },
    { on: "pod-updated", helps: (pod, event) => event.type === "pod-updated" && concerns(pod, event.pod) },
    { on: "pod-deleted", helps: (pod, event) => event.type === "pod-deleted" && concerns(pod, event.pod) },
    { on: "changed-itself" },
  ],
}

function concerns(pod: Pod, other: Pod): boolean {
  return (
    pod.metadata.namespace === other.metadata.namespace &&
    constraintsOf(pod, "DoNotSchedule").some(({ selects }) => selects(other.metadata.labels ?? {}))
  )
}

function filter(pod: Pod, cluster: ClusterView, constraints: readonly Constraint[]) {
  const counted = constraints.map((constraint) => {
    const counts = new Map<string, number>()
    for (const node of cluster.nodes.values()) {
      const value = node.labels[constraint.topologyKey]
      if (value === undefined || !constraint.includes(node)) continue
      if (!constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined)) continue
      counts.set(value, (counts.get(value) ?? 0) + matching(pod, node, constraint.selects))
    }
    const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values())
    const self = constraint.selects(pod.metadata.labels ?? {}) ? 1 : 0
    return { ...constraint, counts, least, self }
  })
  return (node: NodeState) => {
    for (const { topologyKey, counts, least, self, maxSkew } of counted) {
      const value = node.labels[topologyKey]
      if (value === undefined) return rejectForGood(`${MISMATCH} (missing required label)`)
      if ((counts.get(value) ?? 0) + self - least > maxSkew) return reject(MISMATCH)
    }
    return undefined
  }
}

function score(
  pod: Pod,
  cluster: ClusterView,
  candidates: readonly NodeState[],
  constraints: readonly Constraint[],
  needsAllKeys: boolean,
) {
  const hasAllKeys = (node: NodeState) => constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined)
  const ignored = new Set(needsAllKeys ? candidates.filter((node) => !hasAllKeys(node)) : [])
  const counted = constraints.map((constraint) => {
    const values = candidates.filter((node) => !ignored.has(node)).map((node) => node.labels[constraint.topologyKey])
    const counts = new Map<string, number>(values.flatMap((value) => (value === undefined ? [] : [[value, 0]])))
    const domains = constraint.topologyKey === HOSTNAME ? values.length : new Set(values).size
    for (const node of cluster.nodes.values()) {
      const value = node.labels[constraint.topologyKey]
      const before = value === undefined ? undefined : counts.get(value)
      if (value === undefined || before === undefined || !constraint.includes(node)) continue
      if (needsAllKeys && !hasAllKeys(node)) continue
      counts.set(value, before + matching(pod, node, constraint.selects))
    }
    // Many small groups would otherwise outweigh few large ones.
    return { ...constraint, counts, weight: Math.log(domains + 2) }
  })
  return {
    score: (node: NodeState) => {
      if (ignored.has(node)) return Number.NaN
      let total = 0
      for (const { topologyKey, counts, weight, maxSkew } of counted) {
        const value = node.labels[topologyKey]
        if (value !== undefined) total += (counts.get(value) ?? 0) * weight + (maxSkew - 1)
      }
      return Math.round(total)
    },
    normalize: (scores: number[]) => {
      const known = scores.filter((value) => !Number.isNaN(value))
      const max = Math.max(0, ...known)
      const min = known.length === 0 ? 0 : Math.min(...known)
      for (const [index, value] of scores.entries()) {
        if (Number.isNaN(value)) scores[index] = 0
        else scores[index] = max === 0 ? SCORE_MAX : Math.trunc((SCORE_MAX * (max + min - value)) / max)
      }
    },
  }
}

function matching(pod: Pod, node: NodeState, selects: LabelTest): number {
  let count = 0
  for (const { pod: other } of node.pods.values()) {
    const { namespace, labels = {}, deletionTimestamp } = other.metadata
    if (deletionTimestamp === undefined && namespace === pod.metadata.namespace && selects(labels)) count++
  }
  return count
}

function constraintsOf(pod: Pod, whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway"): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => {
      const selector = compileLabelSelector(constraint.labelSelector)
      return {
        topologyKey: constraint.topologyKey,
        maxSkew: constraint.maxSkew,
        minDomains: constraint.minDomains ?? 1,
        selects: (labels) => selector.matches(labels),
        includes: inclusion(pod, constraint),
      }
    })
}

function inclusion(pod: Pod, { nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint) {
  const matches = nodeAffinityPolicy === "Ignore" ? undefined : requiredNodes(pod)
  const { tolerations } = pod.spec
  return (node: NodeState) =>
    (matches === undefined || matches(node)) &&
    (nodeTaintsPolicy !== "Honor" ||
      untoleratedTaint(node.node.spec.taints, tolerations, ["NoSchedule", "NoExecute"]) === undefined)
}

function defaultConstraints(pod: Pod, cluster: ClusterView): Constraint[] {
  const selects = cluster.siblings(pod)
  if (selects === undefined) return []
  return DEFAULTS.map((constraint) => ({
    ...constraint,
    minDomains: 1,
    selects,
    includes: inclusion(pod, { ...constraint, whenUnsatisfiable: "ScheduleAnyway" }),
  }))
}
