import type { WriteContext } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { PersistentVolumeSpec, PersistentVolumeStatus } from "./persistent-volume.ts"

interface VolumeDraft {
  spec: Draft<PersistentVolumeSpec>
  status: Draft<PersistentVolumeStatus>
}

export function defaultPersistentVolume({ spec }: VolumeDraft): void {
  spec.persistentVolumeReclaimPolicy ||= "Retain"
  spec.volumeMode ??= "Filesystem"
}

export function preparePersistentVolume({ status }: VolumeDraft, { now }: WriteContext): void {
  status.phase = "Pending"
  status.lastPhaseTransitionTime = now
}

/** The time of a change of phase is the server's, unless whoever changes it says another one. */
export function preparePersistentVolumeStatus(
  { status }: VolumeDraft,
  { status: old }: { readonly status: PersistentVolumeStatus },
  { now }: WriteContext,
): void {
  const time = status.lastPhaseTransitionTime
  if (status.phase !== old.phase) {
    if (time === undefined || time === old.lastPhaseTransitionTime) status.lastPhaseTransitionTime = now
  } else if (time === undefined && old.lastPhaseTransitionTime !== undefined) {
    status.lastPhaseTransitionTime = old.lastPhaseTransitionTime
  }
}
