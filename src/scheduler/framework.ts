import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { NodeState } from "./node-state.ts"
import type { Nominations } from "./nominations.ts"

/**
 * The extension points of the scheduling framework, as pure functions.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 *
 * ```
 * queue: PreEnqueue → QueueSort ─▶ cycle: PreFilter → Filter → (preemption) → PreScore → Score → NormalizeScore
 *                                       ─▶ binding: Reserve → PreBind → Bind
 * ```
 * PreFilter returns the Filter for one pod, and PreScore the Score, so what they learn about the pod is held by a
 * closure instead of a shared state with string keys.
 */
export interface SchedulingPlugin {
  readonly name: string
  /** Keeps a pod out of the queue: the reason why it may not be scheduled yet. */
  readonly preEnqueue?: (pod: Pod) => string | undefined
  /** Undefined: this plugin has nothing to check for this pod. A rejection stands for all nodes. */
  readonly preFilter?: (pod: Pod, cluster: ClusterView) => Filter | Rejection | undefined
  /** Undefined: this plugin does not care where this pod goes. */
  readonly preScore?: (pod: Pod, cluster: ClusterView, candidates: readonly NodeState[]) => Scoring | undefined
  /** How much this plugin's score counts. */
  readonly weight?: number
  /** Which changes can make a pod that this plugin rejected fit; see `queue.ts`. */
  readonly wakesOn?: readonly QueueingHint[]
}

export type Filter = (node: NodeState) => Rejection | undefined

export interface Rejection {
  /** As they appear in FailedScheduling, such as `Insufficient cpu`. */
  readonly reasons: readonly string[]
  /** Removing other pods from the node would not help. */
  readonly unresolvable: boolean
}

export const reject = (...reasons: readonly string[]): Rejection => ({ reasons, unresolvable: false })
export const rejectForGood = (...reasons: readonly string[]): Rejection => ({ reasons, unresolvable: true })

export const SCORE_MAX = 100

export interface Scoring {
  /** From 0 to `SCORE_MAX`, or anything when `normalize` is given. */
  readonly score: (node: NodeState) => number
  /** Brings the scores of all candidates into the range, in place. */
  readonly normalize?: (scores: number[]) => void
}

/** What plugins see of the cluster. */
export interface ClusterView {
  readonly nodes: ReadonlyMap<string, NodeState>
  readonly nominations: Pick<Nominations, "on" | "nodeOf">
  /** Nodes by image name, to judge how widely an image is spread. */
  readonly nodesWithImage: (image: string) => number
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>
  /** Which labels the pods have that belong to the same services and workload; undefined: it belongs to none. */
  readonly siblings: (pod: Pod) => ((labels: Readonly<Record<string, string>>) => boolean) | undefined
}

/** Something that happened in the cluster and may help a waiting pod. */
export type ClusterEvent =
  | { readonly type: "node-added"; readonly node: Node }
  | { readonly type: "node-updated"; readonly node: Node; readonly previous: Node }
  | { readonly type: "pod-added"; readonly pod: Pod }
  | { readonly type: "pod-updated"; readonly pod: Pod; readonly previous: Pod }
  | { readonly type: "pod-deleted"; readonly pod: Pod }
  /** The waiting pod itself changed. */
  | { readonly type: "changed-itself"; readonly pod: Pod; readonly previous: Pod }

export interface QueueingHint {
  readonly on: ClusterEvent["type"]
  /** Whether the event can help this pod. Absent: it may. */
  readonly helps?: (pod: Pod, event: ClusterEvent) => boolean
}

/** Scales scores so that the highest becomes `SCORE_MAX`; `reverse` makes the highest the lowest. */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  const max = Math.max(0, ...scores)
  for (const [index, score] of scores.entries()) {
    const scaled = max === 0 ? 0 : Math.trunc((score * SCORE_MAX) / max)
    scores[index] = reverse ? SCORE_MAX - scaled : scaled
  }
}
