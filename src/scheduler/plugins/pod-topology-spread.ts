import type { TopologySpreadConstraint } from "../../api/core/v1/affinity.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ADD, DELETE, NODE_LABEL, NODE_TAINT, POD_LABEL, POD_TOLERATION, wake } from "../events.ts"
import { type ClusterView, type PluginFactory, reject, rejectForGood, SCORE_MAX } from "../framework.ts"
import type { NodeState } from "../node-state.ts"
import { wakesNode, wakesPod } from "./pod-topology-spread-hints.ts"
import { type Constraint, compileConstraints, hasAllKeys, tallyOf } from "./spread-constraints.ts"

export interface PodTopologySpreadArgs {
  /** For pods without constraints of their own that belong to a service or a workload. */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[]
  readonly defaultingType: "List" | "System"
}

const HOSTNAME = "kubernetes.io/hostname"
const MISMATCH = "node(s) didn't match pod topology spread constraints"
const LEANING = reject(MISMATCH)
const WITHOUT_LABEL = rejectForGood(`${MISMATCH} (missing required label)`)

const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME, whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 5 },
]

/** Keeps pods of a kind evenly spread over hosts, zones or other groups of nodes. */
export const podTopologySpread: PluginFactory<PodTopologySpreadArgs> = ({ cluster }, args) => {
  const isSystem = args.defaultingType === "System"
  const defaults = isSystem ? SYSTEM_DEFAULTS : (args.defaultConstraints ?? [])
  const constraintsOf = (pod: Pod, view: ClusterView, effect: "DoNotSchedule" | "ScheduleAnyway") => {
    const own = pod.spec.topologySpreadConstraints ?? []
    if (own.length > 0) return compileConstraints(pod, own, effect)
    if (!defaults.some(({ whenUnsatisfiable }) => whenUnsatisfiable === effect)) return []
    const selector = view.siblings(pod)
    return selector === undefined ? [] : compileConstraints(pod, defaults, effect, selector)
  }
  const mustHold = (pod: Pod) => constraintsOf(pod, cluster, "DoNotSchedule")
  return {
    name: "PodTopologySpread",
    preFilter: (pod, view) => {
      const constraints = constraintsOf(pod, view, "DoNotSchedule")
      return constraints.length === 0 ? undefined : { filter: filterOf(pod, view, constraints) }
    },
    preScore: (pod, view, candidates) => {
      const constraints = constraintsOf(pod, view, "ScheduleAnyway")
      const needsAllKeys = (pod.spec.topologySpreadConstraints ?? []).length > 0 || !isSystem
      return constraints.length === 0 ? undefined : scoringOf(pod, view, candidates, constraints, needsAllKeys)
    },
    wakesOn: [
      wake(Pod, ADD | DELETE | POD_LABEL | POD_TOLERATION, (pod, changed) => wakesPod(pod, changed, mustHold(pod))),
      wake(Node, ADD | DELETE | NODE_LABEL | NODE_TAINT, (pod, changed) => wakesNode(changed, mustHold(pod))),
    ],
  }
}

function filterOf(pod: Pod, view: ClusterView, constraints: readonly Constraint[]) {
  const counted = constraints.map(({ topologyKey, minDomains, maxSkew, ...constraint }, index) => ({
    topologyKey,
    minDomains,
    // The pod itself is one more where it goes.
    skewMax: maxSkew - (constraint.selector.matches(pod.metadata.labels) ? 1 : 0),
    tally: tallyOf(pod, view, constraints[index] as Constraint, constraints),
  }))
  return (node: NodeState) => {
    for (const { topologyKey, minDomains, skewMax, tally } of counted) {
      const domain = node.label(topologyKey)
      if (domain === undefined) return WITHOUT_LABEL
      const least = tally.domainCount < minDomains ? 0 : tally.least
      if (tally.podsIn(domain) - least > skewMax) return LEANING
    }
    return undefined
  }
}

function scoringOf(
  pod: Pod,
  view: ClusterView,
  candidates: readonly NodeState[],
  constraints: readonly Constraint[],
  needsAllKeys: boolean,
) {
  const needed = needsAllKeys ? constraints : []
  const scored = needsAllKeys ? candidates.filter((node) => hasAllKeys(node, constraints)) : candidates
  const ignored = new Set(
    scored.length === candidates.length ? [] : candidates.filter((node) => !scored.includes(node)),
  )
  const counted = constraints.map((constraint) => {
    const { topologyKey, maxSkew } = constraint
    const domains =
      topologyKey === HOSTNAME ? scored.length : new Set(scored.map((node) => node.label(topologyKey))).size
    // Many small groups would otherwise outweigh few large ones.
    return { topologyKey, maxSkew, weight: Math.log(domains + 2), tally: tallyOf(pod, view, constraint, needed) }
  })
  return {
    score: (node: NodeState) => {
      if (ignored.has(node)) return Number.NaN
      let total = 0
      for (const { topologyKey, maxSkew, weight, tally } of counted) {
        const domain = node.label(topologyKey)
        if (domain !== undefined) total += tally.podsIn(domain) * weight + (maxSkew - 1)
      }
      return Math.round(total)
    },
    normalize: fewestFirst,
  }
}

/** The fewer pods the higher; nodes that are not compared get nothing. */
function fewestFirst(scores: number[]): void {
  let max = 0
  let min = Number.POSITIVE_INFINITY
  for (const value of scores) {
    if (Number.isNaN(value)) continue
    if (value > max) max = value
    if (value < min) min = value
  }
  for (let index = 0; index < scores.length; index++) {
    const value = scores[index] ?? Number.NaN
    if (Number.isNaN(value)) scores[index] = 0
    else scores[index] = max === 0 ? SCORE_MAX : Math.trunc((SCORE_MAX * (max + min - value)) / max)
  }
}
