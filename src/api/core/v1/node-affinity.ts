import { matches, type Operator, requirement } from "../../../machinery/selectors/requirement.ts"
import type { NodeSelectorRequirement, NodeSelectorTerm } from "./node-selector.ts"
import type { Pod } from "./pod.ts"

/** What of a node its selectors look at. */
export interface NodeIdentity {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const operators: Readonly<Record<string, Operator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
  Gt: "gt",
  Lt: "lt",
}

type NodeTest = (node: NodeIdentity) => boolean

/** Whether a node has what `nodeSelector` and the required node affinity of a pod ask for; undefined: they ask nothing. */
export function requiredNodes(pod: Pick<Pod, "spec">): NodeTest | undefined {
  const selector = Object.entries(pod.spec.nodeSelector ?? {})
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (selector.length === 0 && required === undefined) return undefined
  const terms = required?.nodeSelectorTerms.map(nodeTerm)
  return (node) =>
    selector.every(([key, value]) => node.labels[key] === value) &&
    (terms === undefined || terms.some((term) => term(node)))
}

/** A term without any requirement matches no node. */
export function nodeTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeTest {
  if (matchExpressions.length + matchFields.length === 0) return () => false
  const labels = matchExpressions.map(compile)
  const fields = matchFields.map(compile)
  return (node) =>
    labels.every((test) => test(node.labels)) && fields.every((test) => test({ "metadata.name": node.name }))
}

function compile({ key, operator, values = [] }: NodeSelectorRequirement) {
  const known = operators[operator]
  if (known === undefined) return () => false
  const compiled = requirement(key, known, values)
  return (labels: Readonly<Record<string, string>>) => matches(compiled, labels)
}
