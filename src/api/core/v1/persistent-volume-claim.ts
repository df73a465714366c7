import { list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"

export const PersistentVolumeClaimCondition = struct("io.k8s.api.core.v1.PersistentVolumeClaimCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastProbeTime: time(3, { doc: "" }),
  lastTransitionTime: time(4, { doc: "" }),
  reason: string(5, { doc: "" }),
  message: string(6, { doc: "" }),
})
export type PersistentVolumeClaimCondition = TypeOf<typeof PersistentVolumeClaimCondition>

export const ModifyVolumeStatus = struct("io.k8s.api.core.v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: string(1, { doc: "" }),
  status: string(2, { doc: "", required: true }),
})
export type ModifyVolumeStatus = TypeOf<typeof ModifyVolumeStatus>

export const PersistentVolumeClaimStatus = struct("io.k8s.api.core.v1.PersistentVolumeClaimStatus", {
  phase: string(1, { doc: "" }),
  accessModes: list(2, "string", { doc: "", listType: "atomic" }),
  capacity: map(3, "quantity", { doc: "" }),
  conditions: list(4, PersistentVolumeClaimCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
  allocatedResources: map(5, "quantity", { doc: "" }),
  allocatedResourceStatuses: map(7, "string", { doc: "", mapType: "granular" }),
  currentVolumeAttributesClassName: string(8, { doc: "", pointer: true }),
  modifyVolumeStatus: message(9, ModifyVolumeStatus, { doc: "" }),
})
export type PersistentVolumeClaimStatus = TypeOf<typeof PersistentVolumeClaimStatus>

/** TODO(doc) */
export const PersistentVolumeClaim = defineResource({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  shortNames: ["pvc"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.core.v1.PersistentVolumeClaim",
  fields: {
    spec: message(2, PersistentVolumeClaimSpec, { doc: "", always: true }),
    status: message(3, PersistentVolumeClaimStatus, { doc: "", always: true }),
  },
})
export type PersistentVolumeClaim = ObjectOf<typeof PersistentVolumeClaim>
