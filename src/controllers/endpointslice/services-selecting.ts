import type { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { type Change, type Key, keyOf } from "../../client/informer.ts"
import { selectLabels } from "../../machinery/selectors/label-selector.ts"
import type { ControllerContext } from "../define-controller.ts"

/** Services whose endpoints a pod's change can touch: those that select it now, or did before. */
export function servicesSelecting(context: ControllerContext, change: Change<Pod>): readonly Key[] {
  const pods = change.type === "updated" ? [change.object, change.previous] : [change.object]
  return context
    .informer(Service)
    .list(change.object.metadata.namespace)
    .filter(({ spec }) => spec.selector !== undefined)
    .filter(({ spec }) => pods.some((pod) => selectLabels(spec.selector ?? {}).matches(pod.metadata.labels)))
    .map(keyOf)
}
