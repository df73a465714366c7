import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { BIND_COMPLETED } from "../../api/core/v1/volume-binding.ts"
import { classOfClaim, classOfVolume } from "../../api/core/v1/volume-matching.ts"
import type { ControllerContext } from "../define-controller.ts"
import { indexPodsByClaim } from "../pods/pods-by-claim.ts"

/** Volumes that are free, by class. */
export const FREE = "free"
/** Volumes by the claim that they are kept for or bound to. */
export const KEPT_FOR = "kept-for"
/** Claims by the volume that they name. */
export const NAMING = "naming"
/** Claims that take any volume and have none yet, by class. */
export const UNBOUND = "unbound"

/** So that no claim or volume costs a look at all others. */
export function indexVolumes(context: ControllerContext): void {
  const volumes = context.informer(PersistentVolume)
  volumes.addIndex(FREE, (volume) =>
    volume.spec.claimRef === undefined && volume.status.phase === "Available" ? [classOfVolume(volume)] : [],
  )
  volumes.addIndex(KEPT_FOR, ({ spec: { claimRef } }) =>
    claimRef === undefined ? [] : [`${claimRef.namespace}/${claimRef.name}`],
  )
  const claims = context.informer(PersistentVolumeClaim)
  claims.addIndex(NAMING, ({ spec }) => (spec.volumeName ? [spec.volumeName] : []))
  claims.addIndex(UNBOUND, (claim) =>
    claim.spec.volumeName || claim.metadata.annotations?.[BIND_COMPLETED] !== undefined ? [] : [classOfClaim(claim)],
  )
  indexPodsByClaim(context)
}
