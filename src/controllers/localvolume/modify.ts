import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { ModifyVolumeStatus, PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { isBoundTo, PROVISIONED_BY } from "../../api/core/v1/volume-binding.ts"
import { LOCAL_PROVISIONER } from "./names.ts"

/** What a bound claim is told that asks for other attributes of its volume. Undefined: it does not, or knows it. */
export function planModify(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): ModifyVolumeStatus | undefined {
  if (volume?.metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PROVISIONER) return undefined
  const { spec, status } = claim
  if (!isBoundTo(volume, claim) || status.phase !== "Bound") return undefined
  const wanted = spec.volumeAttributesClassName
  const { targetVolumeAttributesClassName: told } = status.modifyVolumeStatus ?? {}
  if (!wanted || wanted === status.currentVolumeAttributesClassName || wanted === told) return undefined
  return { targetVolumeAttributesClassName: wanted, status: "Infeasible" }
}
