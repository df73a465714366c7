import { bool, list, map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age, nameOrDefault } from "../../columns.ts"
import { TopologySelectorTerm } from "../../core/v1/node-selector.ts"
import { storageClassWarnings } from "./storage-warnings.ts"
import { validateStorageClass } from "./validation/classes.ts"

/** One of these with the value true marks the default. */
export const DEFAULT_STORAGE_CLASS_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
]

/**
 * A kind of storage, from which volumes are made for claims.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/
 */
export const StorageClass = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  namespaced: false,
  doc: "A kind of storage, from which volumes are made for claims. The annotation storageclass.kubernetes.io/is-default-class marks the default.",
  definition: "io.k8s.api.storage.v1.StorageClass",
  columns: [
    nameOrDefault(DEFAULT_STORAGE_CLASS_ANNOTATIONS),
    { name: "Provisioner", type: "string", doc: "Who makes the volumes.", value: ({ provisioner }) => provisioner },
    {
      name: "ReclaimPolicy",
      type: "string",
      doc: "What becomes of a volume when its claim is deleted.",
      value: ({ reclaimPolicy }) => reclaimPolicy,
    },
    {
      name: "VolumeBindingMode",
      type: "string",
      doc: "When a volume is made.",
      value: ({ volumeBindingMode }) => volumeBindingMode,
    },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      doc: "Whether claims can ask for more later.",
      value: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    validate: validateStorageClass,
    warnings: storageClassWarnings,
  },
  fields: {
    provisioner: string(2, {
      doc: "Who makes the volumes, usually a CSI driver. It cannot be changed.",
      required: true,
      immutable: true,
    }),
    parameters: map(3, "string", {
      doc: "Settings that only the provisioner understands. They cannot be changed.",
      immutable: true,
    }),
    reclaimPolicy: string(4, {
      doc: "What becomes of a volume when its claim is deleted: Delete (the default) or Retain.",
      default: "Delete",
      immutable: true,
      pointer: true,
    }),
    mountOptions: list(5, "string", {
      doc: "Options for mounting. Wrong ones make the mount fail.",
      listType: "atomic",
    }),
    allowVolumeExpansion: bool(6, { doc: "Whether claims can ask for more later. Default false.", pointer: true }),
    volumeBindingMode: string(7, {
      doc: "When a volume is made: Immediate (the default) at once, WaitForFirstConsumer when a pod needs it, and where that runs. It cannot be changed.",
      default: "Immediate",
      immutable: true,
      pointer: true,
    }),
    allowedTopologies: list(8, TopologySelectorTerm, {
      doc: "In which parts of the cluster volumes may be made. Default: everywhere.",
      listType: "atomic",
    }),
  },
})
export type StorageClass = ObjectOf<typeof StorageClass>
