import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { message, quantity, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** TODO(doc) */
export const CSIStorageCapacity = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  doc: "",
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
  fields: {
    nodeTopology: message(2, LabelSelector, { doc: "" }),
    storageClassName: string(3, { doc: "", required: true }),
    capacity: quantity(4, { doc: "" }),
    maximumVolumeSize: quantity(5, { doc: "" }),
  },
})
export type CSIStorageCapacity = ObjectOf<typeof CSIStorageCapacity>
