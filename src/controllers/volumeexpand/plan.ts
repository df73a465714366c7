import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { PROVISIONED_BY } from "../../api/core/v1/volume-binding.ts"
import { requestedStorage } from "../../api/core/v1/volume-matching.ts"
import type { Change } from "../../client/informer.ts"
import { compareQuantities, parseQuantity } from "../../machinery/quantity/quantity.ts"
import { LOCAL_PROVISIONER } from "../localvolume/names.ts"

/** Whether a bound claim may ask for more than before. */
export function hasGrown(change: Change<PersistentVolumeClaim>): boolean {
  if (change.type === "deleted" || change.object.status.phase !== "Bound") return false
  if (change.type === "added") return true
  return compareQuantities(requestedStorage(change.object), requestedStorage(change.previous)) > 0
}

/** Whether the claim wants more than its volume has, and the volume is expanded by somebody outside. */
export function waitsForExpansion(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): boolean {
  if (volume === undefined || volume.spec.claimRef?.uid !== claim.metadata.uid) return false
  if (volume.metadata.annotations?.[PROVISIONED_BY] === LOCAL_PROVISIONER) return false
  const has = parseQuantity(claim.status.capacity?.["storage"] ?? "0")
  return compareQuantities(requestedStorage(claim), has) > 0
}
