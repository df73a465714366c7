import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age } from "../../columns.ts"

const { validateCsiNode, validateCsiNodeUpdate } = onFirstCall<typeof import("./validation/csi.ts")>(
  "./validation/csi.ts",
  import.meta.url,
)

export const VolumeNodeResources = struct(
  "io.k8s.api.storage.v1.VolumeNodeResources",
  {
    count: int32(1, { doc: "The most volumes of the driver on the node. Absent: no limit; 0: none.", pointer: true }),
  },
  { doc: "How many volumes a node can have." },
)
export type VolumeNodeResources = TypeOf<typeof VolumeNodeResources>

export const CSINodeDriver = struct(
  "io.k8s.api.storage.v1.CSINodeDriver",
  {
    name: string(1, { doc: "The name of the driver.", required: true }),
    nodeID: string(2, { doc: "What the driver calls the node.", required: true }),
    topologyKeys: list(3, "string", {
      doc: "The node labels that say from where volumes of the driver can be reached.",
      always: true,
      listType: "atomic",
    }),
    allocatable: message(4, VolumeNodeResources, { doc: "How many volumes of the driver the node can have." }),
  },
  { doc: "A driver on a node." },
)
export type CSINodeDriver = TypeOf<typeof CSINodeDriver>

export const CSINodeSpec = struct(
  "io.k8s.api.storage.v1.CSINodeSpec",
  {
    drivers: list(1, CSINodeDriver, {
      doc: "The drivers that are installed on the node.",
      required: true,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
  { doc: "The drivers of a node." },
)
export type CSINodeSpec = TypeOf<typeof CSINodeSpec>

/** The CSI drivers of a node. https://kubernetes.io/docs/concepts/storage/volumes/#csi */
export const CSINode = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  doc: "The CSI drivers of a node. Written by its kubelet; the object has the name of the node.",
  definition: "io.k8s.api.storage.v1.CSINode",
  columns: [
    {
      name: "Drivers",
      type: "integer",
      doc: "How many drivers the node has.",
      value: ({ spec }) => spec.drivers.length,
    },
    age,
  ],
  strategy: {
    returnsDeleted: true,
    validate: validateCsiNode,
    validateUpdate: validateCsiNodeUpdate,
  },
  fields: {
    spec: message(2, CSINodeSpec, { doc: "The drivers of the node.", required: true }),
  },
})
export type CSINode = ObjectOf<typeof CSINode>
