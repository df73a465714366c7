import { list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"
import { prepareClaim, prepareClaimUpdate } from "./persistent-volume-claim-strategy.ts"
import { roundToMilli } from "./resource-list.ts"
import { claimColumns } from "./volume-columns.ts"

const { validateClaim, validateClaimStatus, validateClaimUpdate } = onFirstCall<
  typeof import("./validation/persistent-volume-claim.ts")
>("./validation/persistent-volume-claim.ts", import.meta.url)
const { claimWarnings } = onFirstCall<typeof import("./volume-warnings.ts")>("./volume-warnings.ts", import.meta.url)

export const PersistentVolumeClaimCondition = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimCondition",
  {
    type: string(1, { doc: "The aspect, such as Resizing or FileSystemResizePending.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastProbeTime: time(3, { doc: "When the aspect was last looked at." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(6, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of what happens to a claim." },
)
export type PersistentVolumeClaimCondition = TypeOf<typeof PersistentVolumeClaimCondition>

export const ModifyVolumeStatus = struct(
  "io.k8s.api.core.v1.ModifyVolumeStatus",
  {
    targetVolumeAttributesClassName: string(1, { doc: "The class that the volume is changed to." }),
    status: string(2, { doc: "Pending, InProgress or Infeasible.", required: true }),
  },
  { doc: "A change of the volume's attributes that is under way." },
)
export type ModifyVolumeStatus = TypeOf<typeof ModifyVolumeStatus>

export const PersistentVolumeClaimStatus = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimStatus",
  {
    phase: string(1, { doc: "Pending, Bound, or Lost when its volume has gone.", default: "Pending" }),
    accessModes: list(2, "string", { doc: "How the volume can really be used.", listType: "atomic" }),
    capacity: map(3, "quantity", { doc: "How large the volume really is." }),
    conditions: list(4, PersistentVolumeClaimCondition, {
      doc: "What is happening to the claim, such as a resize.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    allocatedResources: map(5, "quantity", { doc: "How much was asked for in a resize that may still be under way." }),
    allocatedResourceStatuses: map(7, "string", {
      doc: "How far a resize is, by resource. Absent when none is under way.",
      mapType: "granular",
    }),
    currentVolumeAttributesClassName: string(8, { doc: "The class that the volume has now.", pointer: true }),
    modifyVolumeStatus: message(9, ModifyVolumeStatus, {
      doc: "A change of the volume's attributes that is under way.",
    }),
  },
  {
    doc: "What a claim was given.",
    defaults: ({ capacity, allocatedResources }) => {
      roundToMilli(capacity)
      roundToMilli(allocatedResources)
    },
  },
)
export type PersistentVolumeClaimStatus = TypeOf<typeof PersistentVolumeClaimStatus>

/**
 * Asks for storage that outlives the pods that use it.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims
 */
export const PersistentVolumeClaim = defineResource({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  shortNames: ["pvc"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Asks for storage that outlives the pods that use it.",
  definition: "io.k8s.api.core.v1.PersistentVolumeClaim",
  columns: claimColumns,
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    prepareCreate: prepareClaim,
    prepareUpdate: prepareClaimUpdate,
    validate: validateClaim,
    validateUpdate: validateClaimUpdate,
    validateStatusUpdate: validateClaimStatus,
    warnings: claimWarnings,
  },
  fields: {
    spec: message(2, PersistentVolumeClaimSpec, { doc: "What storage is needed.", always: true }),
    status: message(3, PersistentVolumeClaimStatus, { doc: "What was given. Read only for users.", always: true }),
  },
})
export type PersistentVolumeClaim = ObjectOf<typeof PersistentVolumeClaim>
