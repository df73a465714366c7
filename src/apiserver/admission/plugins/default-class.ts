import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { CLASS_ANNOTATION as CLAIM_CLASS_ANNOTATION } from "../../../api/core/v1/volume-warnings.ts"
import { Ingress } from "../../../api/networking/v1/ingress.ts"
import { DEFAULT_INGRESS_CLASS_ANNOTATION, IngressClass } from "../../../api/networking/v1/ingress-class.ts"
import { CLASS_ANNOTATION as INGRESS_CLASS_ANNOTATION } from "../../../api/networking/v1/validation/ingress.ts"
import { newestDefault } from "../../../api/storage/v1/default-class.ts"
import { DEFAULT_STORAGE_CLASS_ANNOTATIONS, StorageClass } from "../../../api/storage/v1/storage-class.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"

/** What a new claim or ingress belongs to when it does not say so: the class that is marked as default. */

export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    resources: [PersistentVolumeClaim],
    mutate: (request) => {
      if (!isCreation(request) || !isResource(request, PersistentVolumeClaim)) return
      const { metadata, spec } = request.object as unknown as Draft<PersistentVolumeClaim>
      // An empty class is an answer too: none.
      if (spec.storageClassName !== undefined || metadata.annotations?.[CLAIM_CLASS_ANNOTATION] !== undefined) return
      const name = newestDefault(reader.list(StorageClass, ""), DEFAULT_STORAGE_CLASS_ANNOTATIONS)
      if (name !== undefined) spec.storageClassName = name
    },
  }
}

export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    resources: [Ingress],
    mutate: (request) => {
      if (!isCreation(request) || !isResource(request, Ingress)) return
      const { metadata, spec } = request.object as unknown as Draft<Ingress>
      if (spec.ingressClassName !== undefined || metadata.annotations?.[INGRESS_CLASS_ANNOTATION] !== undefined) return
      const name = newestDefault(reader.list(IngressClass, ""), [DEFAULT_INGRESS_CLASS_ANNOTATION])
      if (name !== undefined) spec.ingressClassName = name
    },
  }
}

function isCreation({ operation, subresource }: AdmissionRequest): boolean {
  return operation === "CREATE" && subresource === ""
}
