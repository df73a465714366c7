import { inline, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { NodeSelector } from "./node-selector.ts"
import { PersistentVolumeSource } from "./persistent-volume-source.ts"
import {
  defaultPersistentVolume,
  preparePersistentVolume,
  preparePersistentVolumeStatus,
} from "./persistent-volume-strategy.ts"
import { ObjectReference } from "./references.ts"
import { roundToMilli } from "./resource-list.ts"
import { volumeColumns } from "./volume-columns.ts"

const { validatePersistentVolume, validatePersistentVolumeUpdate } = onFirstCall<
  typeof import("./validation/persistent-volume.ts")
>("./validation/persistent-volume.ts", import.meta.url)
const { persistentVolumeWarnings } = onFirstCall<typeof import("./volume-warnings.ts")>(
  "./volume-warnings.ts",
  import.meta.url,
)

export const VolumeNodeAffinity = struct(
  "io.k8s.api.core.v1.VolumeNodeAffinity",
  {
    required: message(1, NodeSelector, {
      doc: "The nodes from which it can be reached. Pods that use it run only there.",
    }),
  },
  { doc: "From which nodes a volume can be reached." },
)
export type VolumeNodeAffinity = TypeOf<typeof VolumeNodeAffinity>

export const PersistentVolumeSpec = struct(
  "io.k8s.api.core.v1.PersistentVolumeSpec",
  {
    capacity: map(1, "quantity", { doc: "How large the volume is, under the key storage." }),
    persistentVolumeSource: inline(2, PersistentVolumeSource),
    accessModes: list(3, "string", {
      doc: "How the volume can be used: ReadWriteOnce (one node), ReadOnlyMany, ReadWriteMany or ReadWriteOncePod (one pod).",
      listType: "atomic",
    }),
    claimRef: message(4, ObjectReference, {
      doc: "The claim that has the volume, or that it is kept for.",
      mapType: "granular",
    }),
    persistentVolumeReclaimPolicy: string(5, {
      doc: "What becomes of the volume when its claim is deleted: Retain or Delete. Default: Retain for volumes made by hand; else what the class says.",
    }),
    storageClassName: string(6, {
      doc: "The class of the volume; only claims of the same class are bound. Empty: no class.",
    }),
    mountOptions: list(7, "string", {
      doc: "Options for mounting, such as ro or nolock. Wrong ones make the mount fail.",
      listType: "atomic",
    }),
    volumeMode: string(8, { doc: "Filesystem (the default), or Block for a raw device.", pointer: true }),
    nodeAffinity: message(9, VolumeNodeAffinity, { doc: "From which nodes the volume can be reached." }),
    volumeAttributesClassName: string(10, { doc: "The VolumeAttributesClass of the volume.", pointer: true }),
  },
  { doc: "A volume, where it is and how it may be used.", defaults: ({ capacity }) => roundToMilli(capacity) },
)
export type PersistentVolumeSpec = TypeOf<typeof PersistentVolumeSpec>

export const PersistentVolumeStatus = struct(
  "io.k8s.api.core.v1.PersistentVolumeStatus",
  {
    phase: string(1, { doc: "Pending, Available, Bound, Released (its claim is gone) or Failed.", default: "Pending" }),
    message: string(2, { doc: "Why the volume is in this phase, in words for people." }),
    reason: string(3, { doc: "Why the volume is in this phase, as one word for programs." }),
    lastPhaseTransitionTime: time(4, { doc: "When the phase last changed." }),
  },
  { doc: "Where a volume is in its life." },
)
export type PersistentVolumeStatus = TypeOf<typeof PersistentVolumeStatus>

/**
 * A piece of storage in the cluster, which one claim can have.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 */
export const PersistentVolume = defineResource({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  shortNames: ["pv"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "A piece of storage in the cluster, which one claim can have.",
  definition: "io.k8s.api.core.v1.PersistentVolume",
  columns: volumeColumns,
  defaults: defaultPersistentVolume,
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    prepareCreate: preparePersistentVolume,
    prepareStatusUpdate: preparePersistentVolumeStatus,
    validate: validatePersistentVolume,
    validateUpdate: validatePersistentVolumeUpdate,
    warnings: persistentVolumeWarnings,
  },
  fields: {
    spec: message(2, PersistentVolumeSpec, { doc: "What the storage is, and how it may be used.", always: true }),
    status: message(3, PersistentVolumeStatus, {
      doc: "Where the volume is in its life. Read only for users.",
      always: true,
    }),
  },
})
export type PersistentVolume = ObjectOf<typeof PersistentVolume>
