import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Changed } from "../events.ts"
import { matchesAll, type Namespaces, ownTerms } from "./pod-terms.ts"

/** Whether another pod that came, changed or went makes this one's affinity possible. */
export function wakesPod(pod: Pod, { object, previous }: Changed<Pod>, namespaces: Namespaces): boolean {
  if (object !== undefined && previous !== undefined && object.metadata.uid === pod.metadata.uid) return true
  if (isWithoutNode(object) || isWithoutNode(previous)) return false
  const near = ownTerms(pod, "must-be-near")
  const apart = ownTerms(pod, "must-be-apart")
  if (object !== undefined && previous !== undefined) {
    const comesNear = !matchesAll(near, previous, namespaces) && matchesAll(near, object, namespaces)
    return comesNear || (matchesAll(apart, previous, namespaces) && !matchesAll(apart, object, namespaces))
  }
  if (object !== undefined) return matchesAll(near, object, namespaces)
  if (previous === undefined) return true
  return matchesAll(apart, previous, namespaces) || matchesAll(ownTerms(previous, "must-be-apart"), pod, namespaces)
}

const isWithoutNode = (pod: Pod | undefined): boolean =>
  pod !== undefined && !pod.spec.nodeName && !pod.status.nominatedNodeName

/** Whether a node that came or moved to another domain makes this pod's affinity possible. */
export function wakesNode(pod: Pod, { object, previous }: Changed<Node>): boolean {
  const value = (node: Node | undefined, key: string): string | undefined => {
    const labels = node?.metadata.labels
    return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  }
  const near = ownTerms(pod, "must-be-near").some(({ topologyKey }) => {
    const now = value(object, topologyKey)
    return now !== undefined && now !== value(previous, topologyKey)
  })
  if (near) return true
  return ownTerms(pod, "must-be-apart").some(({ topologyKey }) => {
    if (previous === undefined) return true
    const before = value(previous, topologyKey)
    return before !== undefined && before !== value(object, topologyKey)
  })
}
