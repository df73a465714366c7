import { Pod } from "../../../src/api/core/v1/pod.ts"
import { isActive, isReady, isTerminating } from "../../../src/controllers/pods/pod-state.ts"
import type { KubeObject } from "../../../src/machinery/schema/resource.ts"
import type { Record, StoredChange } from "../record.ts"

/** Pods as rules look at them. */
export const PODS = Pod.plural

export interface PodChange {
  readonly before: Pod | undefined
  readonly after: Pod | undefined
}

/** Undefined when the change is about something else. */
export function podChange(change: StoredChange): PodChange | undefined {
  return change.resource === PODS ? (change as unknown as PodChange) : undefined
}

export const nameOf = ({ metadata: { name, namespace } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

/** The uid of the controller, if there is one. */
export function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid
}

/** What an object controls. */
export function controlledBy<T extends KubeObject>(record: Record, resource: string, uid: string): T[] {
  return record.list<T>(resource).filter((each) => controllerOf(each) === uid)
}

/** Ready, and not on its way out. */
export const isServing = (pod: Pod): boolean => isActive(pod) && isReady(pod)

/** This change is what sends the pod away. */
export function isBeginOfEnd({ before, after }: PodChange): boolean {
  if (before === undefined || isTerminating(before)) return false
  return after === undefined || isTerminating(after)
}

export { isActive, isReady, isTerminating }
