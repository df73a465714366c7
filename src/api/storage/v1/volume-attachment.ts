import { bool, int32, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age, ordinaryName } from "../../columns.ts"
import { PersistentVolumeSpec } from "../../core/v1/persistent-volume.ts"
import { keepMetadata } from "../../keep-metadata.ts"

const { validateVolumeAttachment } = onFirstCall<typeof import("./validation/volume-attachment.ts")>(
  "./validation/volume-attachment.ts",
  import.meta.url,
)

export const VolumeAttachmentSource = struct(
  "io.k8s.api.storage.v1.VolumeAttachmentSource",
  {
    persistentVolumeName: string(1, { doc: "The name of the persistent volume.", pointer: true }),
    inlineVolumeSpec: message(2, PersistentVolumeSpec, {
      doc: "The volume itself, for older kinds of volumes inside a pod's spec.",
    }),
  },
  { doc: "The volume to attach. Exactly one member must be set." },
)
export type VolumeAttachmentSource = TypeOf<typeof VolumeAttachmentSource>

export const VolumeAttachmentSpec = struct(
  "io.k8s.api.storage.v1.VolumeAttachmentSpec",
  {
    attacher: string(1, { doc: "The driver that does it.", required: true }),
    source: message(2, VolumeAttachmentSource, { doc: "The volume.", required: true }),
    nodeName: string(3, { doc: "The node that it should be attached to.", required: true }),
  },
  { doc: "Which volume should be attached where." },
)
export type VolumeAttachmentSpec = TypeOf<typeof VolumeAttachmentSpec>

export const VolumeError = struct(
  "io.k8s.api.storage.v1.VolumeError",
  {
    time: time(1, { doc: "When it went wrong." }),
    message: string(2, { doc: "What went wrong, in words for people. May be logged, so it must hold no secrets." }),
    errorCode: int32(3, { doc: "The gRPC code of the driver's answer.", pointer: true }),
  },
  { doc: "What went wrong." },
)
export type VolumeError = TypeOf<typeof VolumeError>

export const VolumeAttachmentStatus = struct(
  "io.k8s.api.storage.v1.VolumeAttachmentStatus",
  {
    attached: bool(1, { doc: "Whether the volume is attached.", required: true }),
    attachmentMetadata: map(2, "string", { doc: "What the driver wants to be told when the volume is mounted." }),
    attachError: message(3, VolumeError, { doc: "What went wrong when it was last attached." }),
    detachError: message(4, VolumeError, { doc: "What went wrong when it was last detached." }),
  },
  { doc: "Whether a volume is attached." },
)
export type VolumeAttachmentStatus = TypeOf<typeof VolumeAttachmentStatus>

/**
 * Asks for a volume to be attached to a node, and says whether it is.
 * https://kubernetes.io/docs/concepts/storage/volumes/#csi
 */
export const VolumeAttachment = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Asks for a volume to be attached to a node, and says whether it is.",
  definition: "io.k8s.api.storage.v1.VolumeAttachment",
  columns: [
    ordinaryName,
    {
      name: "Attacher",
      type: "string",
      format: "name",
      doc: "The driver that does it.",
      value: ({ spec }) => spec.attacher,
    },
    {
      name: "PV",
      type: "string",
      doc: "The volume.",
      value: ({ spec }) => spec.source.persistentVolumeName ?? "",
    },
    {
      name: "Node",
      type: "string",
      doc: "The node that it should be attached to.",
      value: ({ spec }) => spec.nodeName,
    },
    { name: "Attached", type: "boolean", doc: "Whether it is attached.", value: ({ status }) => status.attached },
    age,
  ],
  strategy: {
    returnsDeleted: true,
    prepareStatusUpdate: keepMetadata,
    validate: validateVolumeAttachment,
  },
  fields: {
    spec: message(2, VolumeAttachmentSpec, {
      doc: "Which volume should be attached where. It cannot be changed.",
      immutable: true,
      required: true,
    }),
    status: message(3, VolumeAttachmentStatus, { doc: "Whether it is attached. Written by the driver.", always: true }),
  },
})
export type VolumeAttachment = ObjectOf<typeof VolumeAttachment>
