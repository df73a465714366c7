import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { VolumeAttributesClass } from "../../api/storage/v1/volume-attributes-class.ts"
import { keyOf } from "../../client/informer.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { claimKeys, indexPodsByClaim, podsUsing } from "../pods/pods-by-claim.ts"
import {
  CLAIM_FINALIZER,
  CLASS_FINALIZER,
  isClassUsed,
  isHeld,
  isVolumeUsed,
  released,
  VOLUME_FINALIZER,
} from "./plan.ts"

/** Lets claims go once no pod uses them. */
export const claimProtectionController = defineController({
  name: "pvc-protection-controller",
  reads: [PersistentVolumeClaim, Pod],
  writes: [{ resource: PersistentVolumeClaim, verbs: ["patch", "update"] }],
  start(context) {
    indexPodsByClaim(context)
    context.enqueueOn(PersistentVolumeClaim)
    context.enqueueOn(Pod, ({ object }) => claimKeys(object))
    return async (key) => {
      const claim = context.informer(PersistentVolumeClaim).get(key)
      if (claim === undefined) return
      await release(context, PersistentVolumeClaim, claim, CLAIM_FINALIZER, isHeld(podsUsing(context, key)))
    }
  },
})

/** Lets volumes go once no claim is bound to them. */
export const volumeProtectionController = defineController({
  name: "pv-protection-controller",
  reads: [PersistentVolume],
  writes: [{ resource: PersistentVolume, verbs: ["patch", "update"] }],
  start(context) {
    context.enqueueOn(PersistentVolume)
    return async (key) => {
      const volume = context.informer(PersistentVolume).get(key)
      if (volume !== undefined) await release(context, PersistentVolume, volume, VOLUME_FINALIZER, isVolumeUsed(volume))
    }
  },
})

/** Lets attributes classes go once no claim or volume is of them. */
export const attributesClassProtectionController = defineController({
  name: "volumeattributesclass-protection-controller",
  reads: [VolumeAttributesClass, PersistentVolumeClaim, PersistentVolume],
  writes: [{ resource: VolumeAttributesClass, verbs: ["patch", "update"] }],
  start(context) {
    const classes = context.informer(VolumeAttributesClass)
    const ending = () =>
      classes
        .list()
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
        .map(keyOf)
    context.enqueueOn(VolumeAttributesClass)
    context.enqueueOn(PersistentVolumeClaim, ending)
    context.enqueueOn(PersistentVolume, ending)
    return async (key) => {
      const found = classes.get(key)
      if (found === undefined) return
      const claims = context.informer(PersistentVolumeClaim).list()
      const inUse = isClassUsed(key, claims, context.informer(PersistentVolume).list())
      await release(context, VolumeAttributesClass, found, CLASS_FINALIZER, inUse)
    }
  },
})

async function release(
  { client }: ControllerContext,
  resource: AnyResource,
  object: KubeObject,
  finalizer: string,
  inUse: boolean,
): Promise<void> {
  const finalizers = released(object, finalizer, inUse)
  if (finalizers === undefined) return
  const { namespace, name, resourceVersion } = object.metadata
  try {
    // The revision guards against finalizers that others have set in the meantime.
    const body = { metadata: { resourceVersion, finalizers } }
    await client.of(resource).patch({ name, ...(namespace && { namespace }) }, body, { type: "merge" })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
