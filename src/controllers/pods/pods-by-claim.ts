import { claimedVolumes } from "../../api/core/v1/claimed-volumes.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { Key } from "../../client/informer.ts"
import type { ControllerContext } from "../define-controller.ts"

/** The pods that use a claim, found without looking at the others. */

const INDEX = "used-claim"

/** To be called before `podsUsing`. */
export function indexPodsByClaim(context: ControllerContext): void {
  context.informer(Pod).addIndex(INDEX, claimKeys)
}

/** `claim`: its key. */
export function podsUsing(context: ControllerContext, claim: Key): Pod[] {
  return context.informer(Pod).indexed(INDEX, claim)
}

/** The keys of the claims that stand for the pod's volumes. */
export function claimKeys(pod: Pod): Key[] {
  return claimedVolumes(pod).map(({ claimName }) => `${pod.metadata.namespace}/${claimName}`)
}
