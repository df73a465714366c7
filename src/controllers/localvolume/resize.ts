import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { isBoundTo, PROVISIONED_BY } from "../../api/core/v1/volume-binding.ts"
import { requestedStorage, storageCapacity } from "../../api/core/v1/volume-matching.ts"
import { compareQuantities, formatQuantity, parseQuantity } from "../../machinery/quantity/quantity.ts"
import { LOCAL_PROVISIONER } from "./names.ts"

/** What a claim and its volume have to say of their size. Whatever is absent is right. */
export interface Resize {
  readonly volumeCapacity?: string
  readonly claimCapacity?: string
}

/** A folder has all of its disk, so that a larger size is only to be written down. Undefined: nothing is to be done. */
export function planResize(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): Resize | undefined {
  if (volume?.metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PROVISIONER) return undefined
  if (!isBoundTo(volume, claim) || claim.status.phase !== "Bound") return undefined
  const wanted = requestedStorage(claim)
  const has = parseQuantity(claim.status.capacity?.["storage"] ?? "0")
  if (compareQuantities(wanted, has) <= 0) return undefined
  const size = formatQuantity(wanted)
  return {
    ...(compareQuantities(wanted, storageCapacity(volume)) > 0 && { volumeCapacity: size }),
    claimCapacity: size,
  }
}

const RESIZE_CONDITIONS = new Set(["Resizing", "FileSystemResizePending", "ControllerResizeError", "NodeResizeError"])

/** The status of a claim that has its size. */
export function resizedStatus({ status }: PersistentVolumeClaim, storage: string): PersistentVolumeClaim["status"] {
  const { conditions = [], allocatedResourceStatuses: _, ...rest } = status
  const other = conditions.filter(({ type }) => !RESIZE_CONDITIONS.has(type))
  return { ...rest, capacity: { ...status.capacity, storage }, ...(other.length > 0 && { conditions: other }) }
}
