import { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { VolumeAttributesClass } from "../../../api/storage/v1/volume-attributes-class.ts"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { type AdmissionPlugin, isResource } from "../plugin.ts"

/** Who removes them are the controllers that see when nobody uses the object any more. */
const FINALIZERS: readonly { readonly resource: AnyResource; readonly finalizer: string }[] = [
  { resource: PersistentVolume, finalizer: "kubernetes.io/pv-protection" },
  { resource: PersistentVolumeClaim, finalizer: "kubernetes.io/pvc-protection" },
  { resource: VolumeAttributesClass, finalizer: "kubernetes.io/vac-protection" },
]

/** Keeps storage that is in use from being deleted. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  resources: FINALIZERS.map(({ resource }) => resource),
  mutate: (request) => {
    if (request.operation !== "CREATE" || request.subresource !== "" || request.object === undefined) return
    const finalizer = FINALIZERS.find(({ resource }) => isResource(request, resource))?.finalizer
    if (finalizer === undefined) return
    const { metadata } = request.object
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
