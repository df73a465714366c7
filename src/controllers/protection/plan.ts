import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"

/**
 * Storage that is in use is not deleted: a finalizer holds it until nobody needs it.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
export const CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
export const VOLUME_FINALIZER = "kubernetes.io/pv-protection"
export const CLASS_FINALIZER = "kubernetes.io/vac-protection"

/** The finalizers that stay when the object may go; undefined: nothing is to be done. */
export function released({ metadata }: KubeObject, finalizer: string, inUse: boolean): readonly string[] | undefined {
  const finalizers = metadata.finalizers ?? []
  if (metadata.deletionTimestamp === undefined || !finalizers.includes(finalizer) || inUse) return undefined
  return finalizers.filter((one) => one !== finalizer)
}

/** Whether one of the pods that name a claim holds it: one that has a node and has not ended. */
export function isHeld(pods: readonly Pod[]): boolean {
  return pods.some(({ spec, status: { phase } }) => !!spec.nodeName && phase !== "Succeeded" && phase !== "Failed")
}

export const isVolumeUsed = ({ status }: PersistentVolume): boolean => status.phase === "Bound"

/** Whether a claim or a volume is of this attributes class, or is on its way to it. */
export function isClassUsed(
  name: string,
  claims: readonly PersistentVolumeClaim[],
  volumes: readonly PersistentVolume[],
): boolean {
  return (
    claims.some(
      ({ spec, status }) =>
        spec.volumeAttributesClassName === name ||
        status.currentVolumeAttributesClassName === name ||
        status.modifyVolumeStatus?.targetVolumeAttributesClassName === name,
    ) || volumes.some(({ spec }) => spec.volumeAttributesClassName === name)
  )
}
