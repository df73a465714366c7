import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts"
import type { Pod } from "./pod.ts"
import type { Volume } from "./volume.ts"

/** A volume of a pod that a claim stands for. */
export interface ClaimedVolume {
  readonly claimName: string
  /** The claim is made for the pod alone, and must belong to it: see `whyNotOfPod`. */
  readonly isEphemeral: boolean
}

/** Undefined: the volume is of another kind. */
export function claimedVolume({ metadata }: Pod, volume: Volume): ClaimedVolume | undefined {
  const { persistentVolumeClaim, ephemeral } = volume
  if (persistentVolumeClaim !== undefined) return { claimName: persistentVolumeClaim.claimName, isEphemeral: false }
  return ephemeral === undefined ? undefined : { claimName: `${metadata.name}-${volume.name}`, isEphemeral: true }
}

/** The volumes of a pod that claims stand for, in their order. */
export function claimedVolumes(pod: Pod): ClaimedVolume[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => claimedVolume(pod, volume) ?? [])
}

/** Undefined: the claim of an ephemeral volume was made for this pod. */
export function whyNotOfPod(pod: Pod, { metadata }: PersistentVolumeClaim): string | undefined {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller)
  if (metadata.namespace === pod.metadata.namespace && controller?.uid === pod.metadata.uid) return undefined
  const ofPod = `${pod.metadata.namespace}/${pod.metadata.name}`
  return `PVC ${metadata.namespace}/${metadata.name} was not created for pod ${ofPod} (pod is not owner)`
}
