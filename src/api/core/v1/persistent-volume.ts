import { inline, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "./node-selector.ts"
import { PersistentVolumeSource } from "./persistent-volume-source.ts"
import { ObjectReference } from "./references.ts"

export const VolumeNodeAffinity = struct("io.k8s.api.core.v1.VolumeNodeAffinity", {
  required: message(1, NodeSelector, { doc: "" }),
})
export type VolumeNodeAffinity = TypeOf<typeof VolumeNodeAffinity>

export const PersistentVolumeSpec = struct("io.k8s.api.core.v1.PersistentVolumeSpec", {
  capacity: map(1, "quantity", { doc: "" }),
  persistentVolumeSource: inline(2, PersistentVolumeSource),
  accessModes: list(3, "string", { doc: "", listType: "atomic" }),
  claimRef: message(4, ObjectReference, { doc: "", mapType: "granular" }),
  persistentVolumeReclaimPolicy: string(5, { doc: "" }),
  storageClassName: string(6, { doc: "" }),
  mountOptions: list(7, "string", { doc: "", listType: "atomic" }),
  volumeMode: string(8, { doc: "", pointer: true }),
  nodeAffinity: message(9, VolumeNodeAffinity, { doc: "" }),
  volumeAttributesClassName: string(10, { doc: "", pointer: true }),
})
export type PersistentVolumeSpec = TypeOf<typeof PersistentVolumeSpec>

export const PersistentVolumeStatus = struct("io.k8s.api.core.v1.PersistentVolumeStatus", {
  phase: string(1, { doc: "" }),
  message: string(2, { doc: "" }),
  reason: string(3, { doc: "" }),
  lastPhaseTransitionTime: time(4, { doc: "" }),
})
export type PersistentVolumeStatus = TypeOf<typeof PersistentVolumeStatus>

/** TODO(doc) */
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
  doc: "",
  definition: "io.k8s.api.core.v1.PersistentVolume",
  fields: {
    spec: message(2, PersistentVolumeSpec, { doc: "", always: true }),
    status: message(3, PersistentVolumeStatus, { doc: "", always: true }),
  },
})
export type PersistentVolume = ObjectOf<typeof PersistentVolume>
