import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { isNodeReady } from "../nodelifecycle/plan.ts"
import { isTerminating } from "../pods/pod-state.ts"

/** As Kubernetes' default for --terminated-pod-gc-threshold. */
export const endedPodsMax = 12_500

export const hasEnded = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed"

/** The pods to remove by force that nobody else will end. Those on missing nodes are not among them. */
export function collectable(pods: readonly Pod[], node: (name: string) => Node | undefined): readonly Pod[] {
  const abandoned = pods.filter((pod) => isTerminating(pod) && isAbandoned(pod, node))
  const ended = pods.filter(hasEnded).toSorted(evictedThenOldestFirst)
  const tooMany = ended.slice(0, Math.max(0, ended.length - endedPodsMax))
  return [...new Set([...tooMany, ...abandoned])]
}

/** Never bound, or on a node that an administrator declared dead. */
function isAbandoned({ spec: { nodeName } }: Pod, node: (name: string) => Node | undefined): boolean {
  if (!nodeName) return true
  const found = node(nodeName)
  if (found === undefined || isNodeReady(found)) return false
  return found.spec.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service") ?? false
}

/** Pods that their node threw out go first: controllers want to see those that ended by themselves. */
function evictedThenOldestFirst(a: Pod, b: Pod): number {
  if (isEvicted(a) !== isEvicted(b)) return isEvicted(a) ? -1 : 1
  const [left, right] = [a.metadata, b.metadata]
  if (left.creationTimestamp !== right.creationTimestamp)
    return left.creationTimestamp < right.creationTimestamp ? -1 : 1
  return left.name < right.name ? -1 : 1
}

const isEvicted = ({ status }: Pod): boolean => status.phase === "Failed" && status.reason === "Evicted"

/** How long a node may be missing before its pods are taken for lost, in milliseconds. */
const QUARANTINE_MS = 40_000

/** The nodes that pods run on and that do not exist, and since when they have been missed. Times are monotonic. */
export class MissingNodes {
  readonly #sinceMs = new Map<string, number>()

  /** Those that have been missing for long. Forgets those that came back or have no pods. */
  update(missing: ReadonlySet<string>, nowMs: number): readonly string[] {
    for (const name of this.#sinceMs.keys()) if (!missing.has(name)) this.#sinceMs.delete(name)
    for (const name of missing) this.#sinceMs.getOrInsert(name, nowMs)
    return [...this.#sinceMs].flatMap(([name, sinceMs]) => (sinceMs + QUARANTINE_MS <= nowMs ? [name] : []))
  }
}
