import { map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** TODO(doc) */
export const VolumeAttributesClass = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  shortNames: ["vac"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.storage.v1.VolumeAttributesClass",
  fields: {
    driverName: string(2, { doc: "", required: true }),
    parameters: map(3, "string", { doc: "" }),
  },
})
export type VolumeAttributesClass = ObjectOf<typeof VolumeAttributesClass>
