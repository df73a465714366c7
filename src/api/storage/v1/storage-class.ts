import { bool, list, map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { TopologySelectorTerm } from "../../core/v1/node-selector.ts"

/** TODO(doc) */
export const StorageClass = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.storage.v1.StorageClass",
  fields: {
    provisioner: string(2, { doc: "", required: true }),
    parameters: map(3, "string", { doc: "" }),
    reclaimPolicy: string(4, { doc: "", pointer: true }),
    mountOptions: list(5, "string", { doc: "", listType: "atomic" }),
    allowVolumeExpansion: bool(6, { doc: "", pointer: true }),
    volumeBindingMode: string(7, { doc: "", pointer: true }),
    allowedTopologies: list(8, TopologySelectorTerm, { doc: "", listType: "atomic" }),
  },
})
export type StorageClass = ObjectOf<typeof StorageClass>
