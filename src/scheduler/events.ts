import { Node } from "../api/core/v1/node.ts"
import { Pod } from "../api/core/v1/pod.ts"
import { podRequests } from "../api/core/v1/pod-resources.ts"
import { deepEqual } from "../machinery/patch/structure.ts"
import type { AnyResource, ObjectOf } from "../machinery/schema/resource.ts"

/**
 * What happened to an object, as bits: a hint names all it is interested in. The finer updates exist for pods and nodes;
 * any other kind, and a pod whose change is none of these, is just `UPDATE`.
 */
export const ADD = 1
export const DELETE = 1 << 1
export const NODE_ALLOCATABLE = 1 << 2
export const NODE_LABEL = 1 << 3
/** Taints, or that the node is no longer cordoned. */
export const NODE_TAINT = 1 << 4
export const NODE_CONDITION = 1 << 5
export const NODE_ANNOTATION = 1 << 6
export const NODE_FEATURES = 1 << 7
export const POD_LABEL = 1 << 8
/** A request became smaller. */
export const POD_SCALED_DOWN = 1 << 9
export const POD_TOLERATION = 1 << 10
/** The last scheduling gate is gone. */
export const POD_GATES_GONE = 1 << 11
export const POD_GENERATED_CLAIM = 1 << 12
/** None of the above: only hints for updates of any kind match it. */
const OTHER_UPDATE = 1 << 13
export const UPDATE = (1 << 14) - (1 << 2)
export const ALL = (1 << 14) - 1

/** Something that happened in the cluster and may help a waiting pod. */
export interface ClusterEvent {
  /** The kind of the object, such as `Node`. */
  readonly kind: string
  readonly actions: number
  /** Absent when it was deleted. */
  readonly object?: unknown
  /** Absent when it was added. */
  readonly previous?: unknown
}

/** An event that a plugin waits for. The scheduler watches the kind because of it. */
export interface QueueingHint {
  readonly on: AnyResource
  readonly actions: number
  /** Whether the event can help this pod. Absent: it may. Throwing counts as yes. */
  readonly helps?: (pod: Pod, event: ClusterEvent) => boolean
}

/** What changed: `object` is absent after a deletion, `previous` after an addition. */
export interface Changed<T> {
  readonly object: T | undefined
  readonly previous: T | undefined
}

/** A hint whose test sees objects of the kind. */
export function wake<R extends AnyResource>(
  on: R,
  actions: number,
  helps?: (pod: Pod, changed: Changed<ObjectOf<R>>) => boolean,
): QueueingHint {
  if (helps === undefined) return { on, actions }
  return {
    on,
    actions,
    helps: (pod, { object, previous }) =>
      helps(pod, { object: object as ObjectOf<R> | undefined, previous: previous as ObjectOf<R> | undefined }),
  }
}

export const nodeAdded = (node: Node): ClusterEvent => ({ kind: Node.kind, actions: ADD, object: node })
export const nodeDeleted = (node: Node): ClusterEvent => ({ kind: Node.kind, actions: DELETE, previous: node })
export const podAdded = (pod: Pod): ClusterEvent => ({ kind: Pod.kind, actions: ADD, object: pod })
export const podDeleted = (pod: Pod): ClusterEvent => ({ kind: Pod.kind, actions: DELETE, previous: pod })

/** Undefined: nothing changed that scheduling could depend on. */
export function nodeUpdated(node: Node, previous: Node): ClusterEvent | undefined {
  let actions = 0
  if (node.spec.unschedulable !== previous.spec.unschedulable && !node.spec.unschedulable) actions |= NODE_TAINT
  if (differ(node.status.allocatable, previous.status.allocatable)) actions |= NODE_ALLOCATABLE
  if (differ(node.metadata.labels, previous.metadata.labels)) actions |= NODE_LABEL
  if (differ(node.spec.taints, previous.spec.taints)) actions |= NODE_TAINT
  if (differ(conditionsOf(node), conditionsOf(previous))) actions |= NODE_CONDITION
  if (differ(node.metadata.annotations, previous.metadata.annotations)) actions |= NODE_ANNOTATION
  if (differ(node.status.declaredFeatures, previous.status.declaredFeatures)) actions |= NODE_FEATURES
  return actions === 0 ? undefined : { kind: Node.kind, actions, object: node, previous }
}

/** A pod that changed in no particular way is an update of the general kind, which only few plugins wait for. */
export function podUpdated(pod: Pod, previous: Pod): ClusterEvent {
  let actions = 0
  if (differ(pod.metadata.labels, previous.metadata.labels)) actions |= POD_LABEL
  if (scaledDown(pod, previous)) actions |= POD_SCALED_DOWN
  if (!pod.spec.schedulingGates?.length && previous.spec.schedulingGates?.length) actions |= POD_GATES_GONE
  if (pod.spec.tolerations?.length !== previous.spec.tolerations?.length) actions |= POD_TOLERATION
  if (
    differ(pod.status.resourceClaimStatuses, previous.status.resourceClaimStatuses) ||
    differ(pod.status.extendedResourceClaimStatus, previous.status.extendedResourceClaimStatus)
  ) {
    actions |= POD_GENERATED_CLAIM
  }
  return { kind: Pod.kind, actions: actions === 0 ? OTHER_UPDATE : actions, object: pod, previous }
}

function scaledDown(pod: Pod, previous: Pod): boolean {
  if (pod.spec === previous.spec && pod.status === previous.status) return false
  const now = podRequests(pod)
  for (const [resource, amount] of podRequests(previous)) if ((now.get(resource) ?? 0) < amount) return true
  return false
}

function conditionsOf({ status }: Node): readonly string[] {
  return (status.conditions ?? []).map(({ type, status: value }) => `${type}=${value}`).sort()
}

const differ = (left: unknown, right: unknown): boolean => !isSame(left, right)

/** Whether two parts of an object are the same, where an absent one and an empty one are, too. */
export function isSame(left: unknown, right: unknown): boolean {
  return left === right || deepEqual(present(left), present(right))
}
const EMPTY = {}
const present = (part: unknown): unknown => (part === undefined || (Array.isArray(part) && !part.length) ? EMPTY : part)
