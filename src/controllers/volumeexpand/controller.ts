import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { keyOf } from "../../client/informer.ts"
import { defineController } from "../define-controller.ts"
import { hasGrown, waitsForExpansion } from "./plan.ts"

/** Tells that somebody else has to expand a volume whose claim asks for more: no volume is expanded here. */
export const volumeExpandController = defineController({
  name: "expand-controller",
  eventSource: "volume_expand",
  reads: [PersistentVolumeClaim, PersistentVolume],
  writes: [],
  start(context) {
    context.enqueueOn(PersistentVolumeClaim, (change) => (hasGrown(change) ? [keyOf(change.object)] : []))
    return async (key) => {
      const claim = context.informer(PersistentVolumeClaim).get(key)
      if (claim === undefined) return
      const volume = context.informer(PersistentVolume).get(claim.spec.volumeName ?? "")
      if (!waitsForExpansion(claim, volume)) return
      const message = "waiting for an external controller to expand this PVC"
      context.events.record(claim, "Normal", "ExternalExpanding", message)
    }
  },
})
