import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Changed, isSame } from "../events.ts"
import type { Constraint } from "./spread-constraints.ts"

/** Whether another pod that came, changed or went moves the balance of this one's constraints. */
export function wakesPod(pod: Pod, { object, previous }: Changed<Pod>, constraints: readonly Constraint[]): boolean {
  if (object !== undefined && !isInvolved(object, pod)) return false
  if (previous !== undefined && !isInvolved(previous, pod)) return false
  const selected = (other: Pod) => constraints.map(({ selector }) => selector.matches(other.metadata.labels))
  if (object !== undefined && previous !== undefined) {
    const tolerates = object.spec.tolerations?.length !== previous.spec.tolerations?.length
    if (object.metadata.uid === pod.metadata.uid && tolerates && constraints.some((one) => one.honorsTaints))
      return true
    const before = selected(previous)
    return selected(object).some((now, index) => now !== before[index])
  }
  const other = object ?? previous
  return other === undefined || selected(other).includes(true)
}

function isInvolved(other: Pod, pod: Pod): boolean {
  if (other.metadata.uid === pod.metadata.uid) return true
  if (!other.spec.nodeName && !other.status.nominatedNodeName) return false
  return other.metadata.namespace === pod.metadata.namespace
}

/** Whether a node that came, changed or went changes the domains of the constraints. */
export function wakesNode({ object, previous }: Changed<Node>, constraints: readonly Constraint[]): boolean {
  const domains = (node: Node) => constraints.map(({ topologyKey }) => label(node, topologyKey))
  const isComplete = (values: readonly (string | undefined)[]) => !values.includes(undefined)
  if (object !== undefined && previous !== undefined) {
    const [now, before] = [domains(object), domains(previous)]
    if (isComplete(now) !== isComplete(before)) return true
    const moved = now.some((value, index) => value !== before[index])
    return isComplete(now) && (moved || !isSame(object.spec.taints, previous.spec.taints))
  }
  const node = object ?? previous
  return node === undefined || isComplete(domains(node))
}

function label({ metadata }: Node, key: string): string | undefined {
  return metadata.labels !== undefined && Object.hasOwn(metadata.labels, key) ? metadata.labels[key] : undefined
}
