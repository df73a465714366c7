import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { AffinityTerm } from "../counts/affinity-terms.ts"
import type { Tally } from "../counts/tally.ts"
import type { TermGroup } from "../counts/term-groups.ts"
import { ADD, DELETE, NODE_LABEL, POD_LABEL, wake } from "../events.ts"
import { type ClusterView, type PluginFactory, reject, rejectForGood, SCORE_MAX } from "../framework.ts"
import { type NodeState, placed } from "../node-state.ts"
import { wakesNode, wakesPod } from "./inter-pod-affinity-hints.ts"
import { matchesAll, ownTerms } from "./pod-terms.ts"

export interface InterPodAffinityArgs {
  /** How much a required affinity of a pod that is there already draws others to it, from 0 to 100. */
  readonly hardPodAffinityWeight: number
  /** Whether pods without preferences of their own are indifferent to those of others. */
  readonly ignorePreferredTermsOfExistingPods: boolean
}

const NOBODY_NEAR = rejectForGood("node(s) didn't match pod affinity rules")
const TOO_NEAR = reject("node(s) didn't match pod anti-affinity rules")
const REPELLED = reject("node(s) didn't satisfy existing pods anti-affinity rules")

/** Places pods near to, or away from, other pods. Anti-affinity of the pods that are there counts as much as the new one's. */
export const interPodAffinity: PluginFactory<InterPodAffinityArgs> = ({ cluster }, args) => ({
  name: "InterPodAffinity",
  preFilter: (pod, view) => {
    const near = ownTerms(pod, "must-be-near")
    const apart = ownTerms(pod, "must-be-apart")
    let repelling = groupsAgainst(pod, view)
    if (near.length + apart.length + repelling.length === 0) return undefined
    const nearTallies = near.map((term) => tallyOf(view, near, term))
    const apartTallies = apart.map((term) => tallyOf(view, [term], term))
    // The first pod of a group that wants to be together has nobody to be near to.
    const attractsItself = matchesAll(near, pod, view)
    return {
      filter: (node) => {
        if (!isNear(node, nearTallies, attractsItself)) return NOBODY_NEAR
        for (const tally of apartTallies) if (podsNear(tally, node) > 0) return TOO_NEAR
        for (const group of repelling) if (podsOf(group, node) > 0) return REPELLED
        return undefined
      },
      add: (other) => {
        if (other.terms.some(({ role }) => role === "must-be-apart")) repelling = groupsAgainst(pod, view)
      },
    }
  },
  preScore: (pod, view) => {
    const own = placed(pod).terms.filter(({ role }) => role === "prefers-near" || role === "prefers-apart")
    if (own.length === 0 && (args.ignorePreferredTermsOfExistingPods || !view.termGroups.hasOthers)) return undefined
    const sums: ((node: NodeState) => number)[] = []
    for (const term of own) {
      const tally = tallyOf(view, [term], term)
      const weight = term.role === "prefers-near" ? term.weight : -term.weight
      if (tally.total > 0) sums.push((node) => weight * podsNear(tally, node))
    }
    for (const group of view.termGroups.others()) {
      const weight = weightOfOthers(group.term, args.hardPodAffinityWeight)
      if (weight !== 0 && group.term.matches(pod, view.namespaceLabels))
        sums.push((node) => weight * podsOf(group, node))
    }
    if (sums.length === 0) return undefined
    return {
      score: (node) => {
        let total = 0
        for (const sum of sums) total += sum(node)
        return total
      },
      normalize: spreadOut,
    }
  },
  wakesOn: [
    wake(Pod, ADD | DELETE | POD_LABEL, (pod, changed) => wakesPod(pod, changed, cluster)),
    wake(Node, ADD | NODE_LABEL, wakesNode),
  ],
})

/** Counts the pods that match all of the terms, by the label of one of them: different pods do not satisfy one term each. */
function tallyOf(view: ClusterView, all: readonly AffinityTerm[], { topologyKey }: AffinityTerm): Tally {
  return view.tallies.get({
    key: JSON.stringify([all.map(({ key }) => key), topologyKey]),
    topologyKey,
    countsPod: (pod) => matchesAll(all, pod, view),
    selectsNamespaces: all.some(({ selectsNamespaces }) => selectsNamespaces),
  })
}

function groupsAgainst(pod: Pod, { termGroups, namespaceLabels }: ClusterView): readonly TermGroup[] {
  const groups: TermGroup[] = []
  for (const group of termGroups.repelling()) if (group.term.matches(pod, namespaceLabels)) groups.push(group)
  return groups
}

function isNear(node: NodeState, tallies: readonly Tally[], attractsItself: boolean): boolean {
  let everywhere = true
  for (const tally of tallies) {
    const domain = node.label(tally.spec.topologyKey)
    if (domain === undefined) return false
    if (tally.podsIn(domain) === 0) everywhere = false
  }
  return everywhere || (attractsItself && tallies.every(({ total }) => total === 0))
}

function podsNear(tally: Tally, node: NodeState): number {
  const domain = node.label(tally.spec.topologyKey)
  return domain === undefined ? 0 : tally.podsIn(domain)
}

function podsOf({ term, podsByDomain }: TermGroup, node: NodeState): number {
  const domain = node.label(term.topologyKey)
  return domain === undefined ? 0 : (podsByDomain.get(domain) ?? 0)
}

function weightOfOthers({ role, weight }: AffinityTerm, hardWeight: number): number {
  switch (role) {
    case "must-be-near":
      return hardWeight
    case "prefers-near":
      return weight
    case "prefers-apart":
      return -weight
    case "must-be-apart":
      return 0
  }
}

function spreadOut(scores: number[]): void {
  let max = Number.NEGATIVE_INFINITY
  let min = Number.POSITIVE_INFINITY
  for (const score of scores) {
    if (score > max) max = score
    if (score < min) min = score
  }
  for (let index = 0; index < scores.length; index++) {
    scores[index] = max === min ? 0 : Math.trunc(SCORE_MAX * (((scores[index] ?? 0) - min) / (max - min)))
  }
}
