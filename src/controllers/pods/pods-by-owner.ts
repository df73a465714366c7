import { Pod } from "../../api/core/v1/pod.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { ControllerContext } from "../define-controller.ts"

/**
 * The pods that concern one owner, found without looking at the others: a namespace may hold thousands of pods and
 * hundreds of sets, and each set looks whenever one of its pods changes.
 */

const INDEX = "owner"

/** To be called before the functions below. */
export function indexPodsByOwner(context: ControllerContext): void {
  context.informer(Pod).addIndex(INDEX, (pod) => [controllerUid(pod) ?? orphansOf(pod.metadata.namespace)])
}

/** What an owner controls. */
export function podsOf(context: ControllerContext, { metadata }: KubeObject): Pod[] {
  return context.informer(Pod).indexed(INDEX, metadata.uid)
}

/** What an owner controls, and what it may adopt: pods of its namespace without any controller. */
export function candidatesOf(context: ControllerContext, owner: KubeObject): Pod[] {
  const orphans = context.informer(Pod).indexed(INDEX, orphansOf(owner.metadata.namespace))
  const own = podsOf(context, owner)
  return orphans.length === 0 ? own : [...own, ...orphans]
}

/** No uid has a slash. */
const orphansOf = (namespace = ""): string => `${namespace}/`

export function controllerUid({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid
}

/** Sets of fewer pods act on each change at once. */
const SMALL_SET = 100
const MS_PER_POD = 0.1
const DELAY_MS_MAX = 500

/**
 * How long a set waits for more changes of its pods, in milliseconds: looking at many pods for each change of one of
 * them would take time that grows with the square of their number.
 */
export function gatherMs(podCount: number): number {
  return podCount < SMALL_SET ? 0 : Math.min(DELAY_MS_MAX, podCount * MS_PER_POD)
}
