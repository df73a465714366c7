import type { Pod } from "../api/core/v1/pod.ts"
import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import type { Informer, Key } from "../client/informer.ts"
import type { AnyResource, ObjectOf } from "../machinery/schema/resource.ts"
import type { LabelSelector } from "../machinery/selectors/label-selector.ts"
import type { Platform } from "../platform/platform.ts"
import type { Tallies } from "./counts/tallies.ts"
import type { TermGroups } from "./counts/term-groups.ts"
import type { QueueingHint } from "./events.ts"
import type { Plans } from "./filtering.ts"
import type { NodeState, PlacedPod } from "./node-state.ts"
import type { Nominations } from "./nominations.ts"
import type { Candidate } from "./preemption/select-victims.ts"
import type { Verdicts } from "./verdicts.ts"

/**
 * The extension points of the scheduling framework.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 *
 * ```
 * queue: PreEnqueue → QueueSort ─▶ cycle: PreFilter → Filter → (PostFilter) → PreScore → Score → NormalizeScore
 *                                       ─▶ Reserve ─▶ binding: PreBind → Bind, or Unreserve
 * ```
 * PreFilter returns what the plugin does about one pod in one cycle, and PreScore the Score, so what they learn about the
 * pod is held by closures instead of a shared state with string keys. A cycle runs to its end without waiting for
 * anything; only binding may wait.
 */
export interface SchedulingPlugin {
  readonly name: string
  /** Keeps a pod out of the queue: the reason why it may not be scheduled yet. Asked again after events in `wakesOn`. */
  readonly preEnqueue?: (pod: Pod) => string | undefined
  /**
   * Undefined: this plugin has nothing to do about this pod. A rejection stands for all nodes. What is thrown is an
   * error of the cycle: the pod is tried again after a pause.
   */
  readonly preFilter?: (pod: Pod, cluster: ClusterView) => PodPlan | Rejection | undefined
  /** Tries to make room when no node fits. A plan's own `postFilter` stands in for this one. */
  readonly postFilter?: (pod: Pod, failure: Failure) => PostFilterOutcome | Promise<PostFilterOutcome>
  /** Undefined: this plugin does not care where this pod goes. A plan's own `preScore` stands in for this one. */
  readonly preScore?: (pod: Pod, cluster: ClusterView, candidates: readonly NodeState[]) => Scoring | undefined
  /** Which changes can make a pod that this plugin rejected fit; see `queue/`. Absent: none but time. */
  readonly wakesOn?: readonly QueueingHint[]
}

/** What a plugin does about one pod in one cycle, and afterwards while it is bound. */
export interface PodPlan {
  readonly filter?: Filter
  /**
   * All that the filter looks at but the node and the pods on it: under the same signature, it says the same about a node
   * on which nothing has changed. Absent: it looks at more than that.
   */
  readonly signature?: string
  /** The only nodes that can fit. The intersection of what all plugins say is looked at. */
  readonly nodeNames?: ReadonlySet<string>
  /** Another pod was put on a node, to try out what would be. Only for what the plan itself counts; `cluster` knows already. */
  readonly add?: (other: PlacedPod, node: NodeState) => void
  /** The opposite of `add`, for a pod that is there or was added. */
  readonly remove?: (other: PlacedPod, node: NodeState) => void
  readonly postFilter?: (failure: Failure) => PostFilterOutcome | Promise<PostFilterOutcome>
  readonly preScore?: (candidates: readonly NodeState[]) => Scoring | undefined
  /** The pod is counted on this node from now on. After a rejection `unreserve` is called for every plugin. */
  readonly reserve?: (nodeName: string) => Rejection | undefined
  /** Takes back `reserve`, in reverse order; also called when that was not called. */
  readonly unreserve?: (nodeName: string) => void
  /** Whether `preBind` has anything to do. Asked after `reserve`; absent: it has. */
  readonly needsPreBind?: (nodeName: string) => boolean
  /** Does what has to be done before the pod is bound. Throwing ends the try: the pod waits for its pause, then anew. */
  readonly preBind?: (nodeName: string, signal: AbortSignal) => Promise<void>
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

/** Why no node was found, for plugins that may do something about it. */
export interface Failure {
  readonly verdicts: Verdicts
  readonly cluster: ClusterView
  /** What all plugins do about the pod, to try out how it would be without some others. */
  readonly plans: Plans
}

export interface PostFilterOutcome {
  /** Is appended to FailedScheduling. */
  readonly message: string
  /** The node where room is being made; "": the one in view is given up; undefined: stays as it is. */
  readonly nominate?: string
  /** No other plugin needs to try. */
  readonly done?: boolean
}

export const SCORE_MAX = 100

export interface Scoring {
  /** From 0 to `SCORE_MAX`, or anything when `normalize` is given. */
  readonly score: (node: NodeState) => number
  /** Brings the scores of all candidates into the range, in place. */
  readonly normalize?: (scores: number[]) => void
}

/** What plugins see of the cluster. Nothing changes while a cycle looks. */
export interface ClusterView {
  readonly nodes: ReadonlyMap<string, NodeState>
  /** Pods by topology domain, always current. */
  readonly tallies: Pick<Tallies, "get">
  /** The affinity terms of the pods on nodes, always current. */
  readonly termGroups: Pick<TermGroups, "repelling" | "others" | "hasOthers">
  readonly nominations: Pick<Nominations, "isEmpty" | "on" | "nodeOf">
  /** Nodes by image name, to judge how widely an image is spread. */
  readonly nodesWithImage: (image: string) => number
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>
  /** Selects the pods that belong to the same services and workload; undefined: the pod belongs to none. */
  readonly siblings: (pod: Pod) => LabelSelector | undefined
  /** Puts a pod on a node to try out what would be. Undone by `take`, before anything else happens. */
  readonly put: (entry: PlacedPod, node: NodeState) => void
  readonly take: (entry: PlacedPod, node: NodeState) => void
}

/** What a plugin may hold on to for its whole life. */
export interface PluginHost {
  readonly client: Client
  readonly events: EventRecorder
  readonly platform: Platform
  readonly cluster: ClusterView
  /** Aborts when the scheduler ends. */
  readonly signal: AbortSignal
  /** Has a waiting pod tried again at once, whatever rejected it. */
  readonly activate: (key: Key) => void
  /** What extenders leave of the nodes where room could be made. */
  readonly refineVictims: (pod: Pod, candidates: readonly Candidate[]) => Promise<readonly Candidate[]>
  /** Work that goes on beside scheduling: until it ends, the scheduler is not idle. It must not fail. */
  readonly track: (work: Promise<unknown>) => void
  /** Waits for others to act. Until they have, the scheduler has nothing to do about it. */
  readonly await: <T>(others: Promise<T>) => Promise<T>
  /** The watched copy of a kind: one for all plugins. The first cycle waits until those that plugins asked for are there. */
  readonly informer: <R extends AnyResource>(resource: R) => Informer<ObjectOf<R>>
}

/** Makes a plugin for one profile. `args` have been defaulted and validated. */
export type PluginFactory<Args = object> = (host: PluginHost, args: Args) => SchedulingPlugin

/** Scales scores so that the highest becomes `SCORE_MAX`; `reverse` makes the highest the lowest. */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  let max = 0
  for (const score of scores) if (score > max) max = score
  for (let index = 0; index < scores.length; index++) {
    const scaled = max === 0 ? 0 : Math.trunc(((scores[index] ?? 0) * SCORE_MAX) / max)
    scores[index] = reverse ? SCORE_MAX - scaled : scaled
  }
}
