import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { CLASS_ANNOTATION } from "../../../api/core/v1/volume-warnings.ts"
import { StorageClass } from "../../../api/storage/v1/storage-class.ts"
import { compareQuantities, parseQuantity } from "../../../machinery/quantity/quantity.ts"
import { type AdmissionPlugin, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

const NOT_RESIZABLE =
  "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"

/** Claims can be enlarged only where their class allows it. */
export function persistentVolumeClaimResize(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    resources: [PersistentVolumeClaim],
    validate: (request) => {
      const { operation, subresource } = request
      if (operation !== "UPDATE" || subresource !== "" || !isResource(request, PersistentVolumeClaim)) return
      const claim = request.object as unknown as PersistentVolumeClaim
      const old = request.old as unknown as PersistentVolumeClaim
      if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
      if (old.status.phase !== "Bound") {
        throw refusal(request, "Only bound persistent volume claims can be expanded")
      }
      if (!mayGrow(claim, old, reader)) throw refusal(request, NOT_RESIZABLE)
    },
  }
}

function sizeOf({ spec }: PersistentVolumeClaim) {
  return parseQuantity(spec.resources.requests?.["storage"] ?? "0")
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? ""
}

function mayGrow(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, reader: ObjectReader): boolean {
  const name = classOf(claim)
  if (name === "" || name !== classOf(old)) return false
  return reader.get(StorageClass, "", name)?.allowVolumeExpansion ?? false
}
