import type { TopologySpreadConstraint } from "../../api/core/v1/affinity.ts"
import { requiredNodes } from "../../api/core/v1/node-affinity.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { untoleratedTaint } from "../../api/core/v1/taints.ts"
import { compileLabelSelector, LabelSelector } from "../../machinery/selectors/label-selector.ts"
import type { Tally } from "../counts/tally.ts"
import type { ClusterView } from "../framework.ts"
import type { NodeState } from "../node-state.ts"

/** A topology spread constraint of one pod, ready for counting. */
export interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: LabelSelector
  readonly honorsTaints: boolean
  /** Whether the pods of a node count. */
  readonly includes: (node: NodeState) => boolean
  /** The same for pods with the same constraint: they are counted together. */
  readonly key: string
}

type Effect = "DoNotSchedule" | "ScheduleAnyway"
const REPELLING = ["NoSchedule", "NoExecute"]

/** The constraints of a pod with this effect; `selector` stands in for those of all of them. */
export function compileConstraints(
  pod: Pod,
  constraints: readonly TopologySpreadConstraint[] | undefined,
  effect: Effect,
  selector?: LabelSelector,
): readonly Constraint[] {
  if (constraints === undefined || constraints.length === 0) return []
  const wanted = constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === effect)
  return wanted.map((constraint) => compile(pod, constraint, selector ?? selectorOf(pod, constraint)))
}

/** The selector, narrowed to pods that have the same values of some labels as this one. */
function selectorOf({ metadata }: Pod, { labelSelector, matchLabelKeys }: TopologySpreadConstraint): LabelSelector {
  const selector = compileLabelSelector(labelSelector)
  const { labels = {} } = metadata
  const same = (matchLabelKeys ?? []).flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    return value === undefined ? [] : [{ key, operator: "=" as const, values: [value] }]
  })
  if (same.length === 0 || selector.requirements === undefined) return selector
  return new LabelSelector([...selector.requirements, ...same])
}

function compile(pod: Pod, constraint: TopologySpreadConstraint, selector: LabelSelector): Constraint {
  const { topologyKey, maxSkew, minDomains = 1, nodeAffinityPolicy, nodeTaintsPolicy } = constraint
  const { tolerations, nodeSelector, affinity } = pod.spec
  const matches = nodeAffinityPolicy === "Ignore" ? undefined : requiredNodes(pod)
  const honorsTaints = nodeTaintsPolicy === "Honor"
  const tolerated = ({ node }: NodeState) =>
    !honorsTaints || untoleratedTaint(node.spec.taints, tolerations, REPELLING) === undefined
  return {
    topologyKey,
    maxSkew,
    minDomains,
    selector,
    honorsTaints,
    includes: (node) => (matches === undefined || matches(node)) && tolerated(node),
    key: JSON.stringify([
      selector.requirements === undefined ? null : selector.toString(),
      matches && [nodeSelector, affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution],
      honorsTaints && (tolerations ?? []),
    ]),
  }
}

export const hasAllKeys = (node: NodeState, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ topologyKey }) => node.label(topologyKey) !== undefined)

/** How many pods each domain of a constraint has. `needing`: a node counts only if it has the labels of all of these. */
export function tallyOf(
  { metadata: { namespace } }: Pod,
  view: ClusterView,
  constraint: Constraint,
  needing: readonly Constraint[],
): Tally {
  const { topologyKey, includes, selector } = constraint
  return view.tallies.get({
    key: JSON.stringify(["spread", namespace, topologyKey, constraint.key, needing.map((other) => other.topologyKey)]),
    topologyKey,
    includesNode: (node) => hasAllKeys(node, needing) && includes(node),
    // A selector for everything counts nothing, as in kube-scheduler; pods that are on their way out count for nobody.
    countsPod: ({ metadata }) =>
      metadata.namespace === namespace &&
      metadata.deletionTimestamp === undefined &&
      !selector.matchesEverything &&
      selector.matches(metadata.labels),
  })
}
