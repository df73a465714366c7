import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const VolumeNodeResources = struct("io.k8s.api.storage.v1.VolumeNodeResources", {
  count: int32(1, { doc: "", pointer: true }),
})
export type VolumeNodeResources = TypeOf<typeof VolumeNodeResources>

export const CSINodeDriver = struct("io.k8s.api.storage.v1.CSINodeDriver", {
  name: string(1, { doc: "", required: true }),
  nodeID: string(2, { doc: "", required: true }),
  topologyKeys: list(3, "string", { doc: "", always: true, listType: "atomic" }),
  allocatable: message(4, VolumeNodeResources, { doc: "" }),
})
export type CSINodeDriver = TypeOf<typeof CSINodeDriver>

export const CSINodeSpec = struct("io.k8s.api.storage.v1.CSINodeSpec", {
  drivers: list(1, CSINodeDriver, {
    doc: "",
    required: true,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
  }),
})
export type CSINodeSpec = TypeOf<typeof CSINodeSpec>

/** TODO(doc) */
export const CSINode = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.storage.v1.CSINode",
  fields: {
    spec: message(2, CSINodeSpec, { doc: "", required: true }),
  },
})
export type CSINode = ObjectOf<typeof CSINode>
