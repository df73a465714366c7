import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { message, quantity, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { storageCapacityWarnings } from "./storage-warnings.ts"
import { validateStorageCapacity } from "./validation/classes.ts"

/**
 * How much storage of a class a driver has left in some part of the cluster.
 * https://kubernetes.io/docs/concepts/storage/storage-capacity/
 */
export const CSIStorageCapacity = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  doc: "How much storage of a class a driver has left in some part of the cluster.",
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
  strategy: {
    returnsDeleted: true,
    validate: validateStorageCapacity,
    warnings: storageCapacityWarnings,
  },
  fields: {
    nodeTopology: message(2, LabelSelector, {
      doc: "The nodes from which the storage can be reached. Absent: none; empty: all. It cannot be changed.",
      immutable: true,
    }),
    storageClassName: string(3, {
      doc: "The StorageClass that it is about. It cannot be changed.",
      required: true,
      immutable: true,
    }),
    capacity: quantity(4, { doc: "How much is left. Absent: not known." }),
    maximumVolumeSize: quantity(5, { doc: "How large one volume can be. Absent: not known." }),
  },
})
export type CSIStorageCapacity = ObjectOf<typeof CSIStorageCapacity>
