import { Pod } from "../../api/core/v1/pod.ts"
import type { ControllerContext } from "../define-controller.ts"

/** The pods that were given to a node, found without looking at the others. */

const INDEX = "node"

/** To be called before `podsOn`. */
export function indexPodsByNode(context: ControllerContext): void {
  context.informer(Pod).addIndex(INDEX, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
}

export function podsOn(context: ControllerContext, nodeName: string): Pod[] {
  return context.informer(Pod).indexed(INDEX, nodeName)
}
