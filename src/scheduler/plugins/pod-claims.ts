import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"

/** A volume of a pod that a claim stands for. */
export interface ClaimedVolume {
  readonly claimName: string
  /** The claim is made for the pod alone, and must belong to it. */
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

/** Whether the pod has a volume for which this claim stands. */
export function usesClaim(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  if (pod.metadata.namespace !== metadata.namespace) return false
  return claimedVolumes(pod).some(({ claimName }) => claimName === metadata.name)
}

/** Names of the claims that the pod's spec mentions. */
export function mentionedClaims({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
    claim === undefined ? [] : [claim.claimName],
  )
}

/** Undefined: the claim of an ephemeral volume was made for this pod. */
export function whyNotOfPod(pod: Pod, { metadata }: PersistentVolumeClaim): string | undefined {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller)
  if (metadata.namespace === pod.metadata.namespace && controller?.uid === pod.metadata.uid) return undefined
  const ofPod = `${pod.metadata.namespace}/${pod.metadata.name}`
  return `PVC ${metadata.namespace}/${metadata.name} was not created for pod ${ofPod} (pod is not owner)`
}

/** As the API says it of an object that is not there. `resource`: `plural.group` in the singular, such as `persistentvolume`. */
export const notFound = (resource: string, name: string): string => `${resource} "${name}" not found`
