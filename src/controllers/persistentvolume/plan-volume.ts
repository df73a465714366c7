import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { BOUND_BY_CONTROLLER, hasAnnotation, MIGRATED_TO, PROVISIONED_BY } from "../../api/core/v1/volume-binding.ts"
import { hasSameVolumeMode } from "../../api/core/v1/volume-matching.ts"
import type { Told } from "./plan-claim.ts"
import { driverInsteadOf, noDeleterFor } from "./provisioners.ts"

/**
 * What a volume needs next:
 *
 *     Pending ──▶ Available ──▶ Bound ──▶ Released ──▶ (gone, by whoever made it)
 *                     ▲           │           └──────▶ Failed: nobody can remove or clean it
 *                     └───────────┘ the claim took another volume
 */
export type VolumeStep =
  /** Of an event it is told only when the phase is a new one; it is also the message of the status. */
  | { readonly do: "set-phase"; readonly phase: VolumePhase; readonly event?: Told }
  | { readonly do: "unbind" }
  | { readonly do: "look-at-claim" }
  | { readonly do: "tell-mismatch"; readonly volume: Told; readonly claim: Told }
export type VolumePhase = "Available" | "Bound" | "Released" | "Failed"

/** `claim` is the one with the reference's uid, if it is there. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): readonly VolumeStep[] {
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec
  if (!claimRef?.uid) return [{ do: "set-phase", phase: "Available" }]
  if (claim === undefined) return release(volume)
  const { volumeName } = claim.spec
  if (!volumeName) {
    return [hasSameVolumeMode(claim, volume) ? { do: "look-at-claim" } : mismatch(volume, claim)]
  }
  if (volumeName === volume.metadata.name) return [{ do: "set-phase", phase: "Bound" }]
  if (hasAnnotation(volume, PROVISIONED_BY) && policy === "Delete") return release(volume)
  return [{ do: "unbind" }]
}

/** Whether it matters that the claim is really gone, and not only missing in a copy that lags behind. */
export function isAboutToBeReleased({ status: { phase } }: PersistentVolume): boolean {
  return phase !== "Released" && phase !== "Failed"
}

function release(volume: PersistentVolume): readonly VolumeStep[] {
  const released: VolumeStep[] = isAboutToBeReleased(volume) ? [{ do: "set-phase", phase: "Released" }] : []
  const event = reclaimFailure(volume)
  return event === undefined ? released : [...released, { do: "set-phase", phase: "Failed", event }]
}

/** Why a volume without claim cannot be brought to where its policy wants it. Undefined: it can, or others do it. */
function reclaimFailure(volume: PersistentVolume): Told | undefined {
  const failed = (reason: string, message: string): Told => ({ type: "Warning", reason, message })
  if (volume.metadata.annotations?.[MIGRATED_TO]) return undefined
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case "Retain":
      return undefined
    case "Recycle":
      return failed("VolumeFailedRecycle", "No recycler plugin found for the volume!")
    case "Delete": {
      const message = deletionFailure(volume)
      return message === undefined ? undefined : failed("VolumeFailedDelete", message)
    }
    default:
      return failed("VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy")
  }
}

function deletionFailure({ metadata, spec }: PersistentVolume): string | undefined {
  const provisioner = metadata.annotations?.[PROVISIONED_BY]
  if (provisioner) {
    const isExternal = !provisioner.startsWith("kubernetes.io/") || driverInsteadOf(provisioner) !== undefined
    return isExternal ? undefined : `no volume plugin matched name: ${provisioner}`
  }
  if (spec.csi !== undefined) return undefined
  return `error getting deleter volume plugin for volume "${metadata.name}": ${noDeleterFor(spec)}`
}

function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): VolumeStep {
  const because = "due to incompatible volumeMode."
  const event = (message: string): Told => ({ type: "Warning", reason: "VolumeMismatch", message })
  return {
    do: "tell-mismatch",
    volume: event(
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ${because}`,
    ),
    claim: event(
      `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim ${because}`,
    ),
  }
}

/** A volume that is no longer bound. What a user has set of the binding stays. */
export function unbound(volume: PersistentVolume): PersistentVolume {
  const { [BOUND_BY_CONTROLLER]: byUs, ...annotations } = volume.metadata.annotations ?? {}
  const { claimRef, ...spec } = volume.spec
  if (byUs !== undefined) return { ...volume, metadata: { ...volume.metadata, annotations }, spec }
  const { uid: _, ...reference } = claimRef ?? {}
  return { ...volume, spec: { ...spec, claimRef: reference } }
}
