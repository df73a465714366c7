import type { NodeSelectorRequirement, NodeSelectorTerm } from "../../api/core/v1/node-selector.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/** A node as far as selectors look at it. */
export interface SelectableNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Whether a pod's nodeSelector and required node affinity admit the node. */
export function matchesNode(pod: Pod, node: SelectableNode): boolean {
  const labels = new Map(Object.entries(node.labels))
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels.get(key) === value)
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!selected || required === undefined) return selected
  return required.nodeSelectorTerms.some((term) => matchesTerm(term, node.name, labels))
}

function matchesTerm(term: NodeSelectorTerm, name: string, labels: ReadonlyMap<string, string>): boolean {
  const { matchExpressions = [], matchFields = [] } = term
  // A term that says nothing selects nothing.
  if (matchExpressions.length + matchFields.length === 0) return false
  const fields = new Map([["metadata.name", name]])
  return matchExpressions.every((each) => holds(each, labels)) && matchFields.every((each) => holds(each, fields))
}

function holds({ key, operator, values = [] }: NodeSelectorRequirement, labels: ReadonlyMap<string, string>): boolean {
  const value = labels.get(key)
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value)
    case "NotIn":
      return value === undefined || !values.includes(value)
    case "Exists":
      return value !== undefined
    case "DoesNotExist":
      return value === undefined
    case "Gt":
      return isWhole(value) && Number(value) > Number(values[0])
    case "Lt":
      return isWhole(value) && Number(value) < Number(values[0])
    default:
      return false
  }
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^[+-]?\d+$/.test(text)
}
