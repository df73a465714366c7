import type { PodAffinityTerm, WeightedPodAffinityTerm } from "../../api/core/v1/affinity.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { type ClusterView, reject, rejectForGood, SCORE_MAX, type SchedulingPlugin } from "../framework.ts"
import type { NodeState } from "../node-state.ts"

/** How much a required affinity of a pod that is there already draws others to it. */
const REQUIRED_WEIGHT = 1

interface Term {
  readonly topologyKey: string
  readonly matches: (pod: Pod) => boolean
}
interface WeightedTerm extends Term {
  readonly weight: number
}

/** Places pods near to, or away from, other pods. Anti-affinity of the pods that are there counts as much as the new one's. */
export const interPodAffinity: SchedulingPlugin = {
  name: "InterPodAffinity",
  weight: 2,
  preFilter: (pod, cluster) => {
    const affinity = required(pod, pod.spec.affinity?.podAffinity, cluster)
    const antiAffinity = required(pod, pod.spec.affinity?.podAntiAffinity, cluster)
    const near = new DomainCounts()
    const away = new DomainCounts()
    const repelled = new DomainCounts()
    const particular = affinity.length + antiAffinity.length > 0
    for (const [node, other] of particular ? everyPod(cluster) : everyRepellingPod(cluster)) {
      // A place suits only if one pod there satisfies all terms, not different pods one term each.
      if (affinity.length > 0 && affinity.every((term) => term.matches(other))) {
        for (const term of affinity) near.add(node, term, 1)
      }
      for (const term of antiAffinity) if (term.matches(other)) away.add(node, term, 1)
      for (const term of required(other, other.spec.affinity?.podAntiAffinity, cluster)) {
        if (term.matches(pod)) repelled.add(node, term, 1)
      }
    }
    if (!particular && repelled.empty) return undefined
    // The first pod of a group that wants to be together has nobody to be near to.
    const first = near.empty && affinity.every((term) => term.matches(pod))
    return (node) => {
      if (!affinity.every((term) => node.labels[term.topologyKey] !== undefined && (first || near.has(node, term)))) {
        return rejectForGood("node(s) didn't match pod affinity rules")
      }
      if (antiAffinity.some((term) => away.has(node, term))) {
        return reject("node(s) didn't match pod anti-affinity rules")
      }
      if (repelled.hasAny(node)) return reject("node(s) didn't satisfy existing pods anti-affinity rules")
      return undefined
    }
  },
  preScore: (pod, cluster) => {
    const sums = new DomainCounts()
    const nearTerms = preferred(pod, pod.spec.affinity?.podAffinity, cluster)
    const awayTerms = preferred(pod, pod.spec.affinity?.podAntiAffinity, cluster)
    for (const [node, other] of everyPod(cluster)) {
      const { podAffinity, podAntiAffinity } = other.spec.affinity ?? {}
      for (const term of nearTerms) if (term.matches(other)) sums.add(node, term, term.weight)
      for (const term of awayTerms) if (term.matches(other)) sums.add(node, term, -term.weight)
      for (const term of required(other, podAffinity, cluster)) {
        if (term.matches(pod)) sums.add(node, term, REQUIRED_WEIGHT)
      }
      for (const term of preferred(other, podAffinity, cluster))
        if (term.matches(pod)) sums.add(node, term, term.weight)
      for (const term of preferred(other, podAntiAffinity, cluster)) {
        if (term.matches(pod)) sums.add(node, term, -term.weight)
      }
    }
    if (sums.empty) return undefined
    return { score: (node) => sums.total(node), normalize: spreadOut }
  },
  wakesOn: [
    { on: "node-added" },
    { on: "node-updated" },
    { on: "pod-added" },
    { on: "pod-updated" },
    { on: "pod-deleted" },
    { on: "changed-itself" },
  ],
}

/** Numbers by topology key and value. */
class DomainCounts {
  readonly #counts = new Map<string, Map<string, number>>()

  get empty(): boolean {
    return this.#counts.size === 0
  }

  add(node: NodeState, { topologyKey }: Term, amount: number): void {
    const value = node.labels[topologyKey]
    if (value === undefined) return
    let values = this.#counts.get(topologyKey)
    if (values === undefined) this.#counts.set(topologyKey, (values = new Map()))
    values.set(value, (values.get(value) ?? 0) + amount)
  }

  has(node: NodeState, { topologyKey }: Term): boolean {
    const value = node.labels[topologyKey]
    return value !== undefined && (this.#counts.get(topologyKey)?.has(value) ?? false)
  }

  hasAny(node: NodeState): boolean {
    return [...this.#counts].some(([key, values]) => values.has(node.labels[key] ?? "") && key in node.labels)
  }

  total(node: NodeState): number {
    let total = 0
    for (const [key, values] of this.#counts) total += values.get(node.labels[key] ?? "") ?? 0
    return total
  }
}

function* everyPod(cluster: ClusterView): Generator<readonly [NodeState, Pod]> {
  for (const node of cluster.nodes.values()) for (const { pod } of node.pods.values()) yield [node, pod]
}

function* everyRepellingPod(cluster: ClusterView): Generator<readonly [NodeState, Pod]> {
  for (const node of cluster.nodes.values()) for (const { pod } of node.repelling.values()) yield [node, pod]
}

function spreadOut(scores: number[]): void {
  const max = Math.max(...scores)
  const min = Math.min(...scores)
  for (const [index, score] of scores.entries()) {
    scores[index] = max === min ? 0 : Math.trunc((SCORE_MAX * (score - min)) / (max - min))
  }
}

interface Rules {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[]
}

function required(owner: Pod, rules: Rules | undefined, cluster: ClusterView): readonly Term[] {
  const terms = rules?.requiredDuringSchedulingIgnoredDuringExecution
  return terms === undefined ? [] : terms.map((term) => compile(owner, term, cluster))
}

function preferred(owner: Pod, rules: Rules | undefined, cluster: ClusterView): readonly WeightedTerm[] {
  const terms = rules?.preferredDuringSchedulingIgnoredDuringExecution
  if (terms === undefined) return []
  return terms.map(({ weight, podAffinityTerm }) => ({ ...compile(owner, podAffinityTerm, cluster), weight }))
}

function compile(owner: Pod, term: PodAffinityTerm, cluster: ClusterView): Term {
  const selector = compileLabelSelector(term.labelSelector)
  const ofNamespaces = term.namespaceSelector && compileLabelSelector(term.namespaceSelector)
  const listed = new Set(term.namespaces ?? [])
  if (listed.size === 0 && ofNamespaces === undefined) listed.add(owner.metadata.namespace)
  return {
    topologyKey: term.topologyKey,
    matches: ({ metadata }) =>
      (listed.has(metadata.namespace) ||
        (ofNamespaces?.matches(cluster.namespaceLabels(metadata.namespace)) ?? false)) &&
      selector.matches(metadata.labels ?? {}),
  }
}
