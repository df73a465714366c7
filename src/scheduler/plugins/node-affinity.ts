import type { NodeAffinity } from "../../api/core/v1/affinity.ts"
import { Node } from "../../api/core/v1/node.ts"
import { type NodeIdentity, nodeTerm, requiredNodes } from "../../api/core/v1/node-affinity.ts"
import type { NodeSelectorTerm } from "../../api/core/v1/node-selector.ts"
import { ADD, NODE_LABEL, wake } from "../events.ts"
import { normalizeByMax, type PluginFactory, rejectForGood } from "../framework.ts"

export interface NodeAffinityArgs {
  /** Holds for every pod of the profile, in addition to its own. */
  readonly addedAffinity?: NodeAffinity
}

const ENFORCED = rejectForGood("node(s) didn't match scheduler-enforced node affinity")
const MISMATCH = rejectForGood("node(s) didn't match Pod's node affinity/selector")
const CONFLICT = rejectForGood("pod affinity terms conflict")

/** `nodeSelector` and node affinity, required and preferred. */
export const nodeAffinity: PluginFactory<NodeAffinityArgs> = (_, { addedAffinity }) => {
  const enforced = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(nodeTerm)
  const isEnforced = (node: NodeIdentity) => enforced === undefined || enforced.some((term) => term(node))
  const addedPreferred = weighted(addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution)
  return {
    name: "NodeAffinity",
    preFilter: (pod) => {
      const matches = requiredNodes(pod)
      if (matches === undefined && enforced === undefined) return undefined
      const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      const nodeNames = namedNodes(required?.nodeSelectorTerms ?? [])
      if (nodeNames?.size === 0) return CONFLICT
      return {
        ...(nodeNames && { nodeNames }),
        filter: (node) => {
          if (!isEnforced(node)) return ENFORCED
          return matches === undefined || matches(node) ? undefined : MISMATCH
        },
        signature: JSON.stringify([pod.spec.nodeSelector, required]),
      }
    },
    preScore: ({ spec }) => {
      const own = weighted(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution)
      const terms = [...addedPreferred, ...own]
      if (terms.length === 0) return undefined
      return {
        score: (node) => {
          let sum = 0
          for (const { weight, matches } of terms) if (matches(node)) sum += weight
          return sum
        },
        normalize: (scores) => normalizeByMax(scores, false),
      }
    },
    wakesOn: [
      wake(Node, ADD | NODE_LABEL, (pod, { object, previous }) => {
        if (object === undefined || !isEnforced(identity(object))) return false
        const matches = requiredNodes(pod)
        if (matches === undefined) return previous === undefined
        return matches(identity(object)) && (previous === undefined || !matches(identity(previous)))
      }),
    ],
  }
}

const identity = ({ metadata }: Node): NodeIdentity => ({ name: metadata.name, labels: metadata.labels ?? {} })

type Preferred = NonNullable<NodeAffinity["preferredDuringSchedulingIgnoredDuringExecution"]>

function weighted(terms: Preferred | undefined) {
  return (terms ?? []).map(({ weight, preference }) => ({ weight, matches: nodeTerm(preference) }))
}

/** The only nodes that terms on `metadata.name` leave; undefined: one of the terms leaves any. */
function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  if (terms.length === 0) return undefined
  const names = new Set<string>()
  for (const { matchFields = [] } of terms) {
    let ofTerm: ReadonlySet<string> | undefined
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== "metadata.name" || operator !== "In") continue
      const listed = new Set(values)
      ofTerm = ofTerm === undefined ? listed : ofTerm.intersection(listed)
    }
    if (ofTerm === undefined) return undefined
    for (const name of ofTerm) names.add(name)
  }
  return names
}
