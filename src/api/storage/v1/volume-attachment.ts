import { bool, int32, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PersistentVolumeSpec } from "../../core/v1/persistent-volume.ts"

export const VolumeAttachmentSource = struct("io.k8s.api.storage.v1.VolumeAttachmentSource", {
  persistentVolumeName: string(1, { doc: "", pointer: true }),
  inlineVolumeSpec: message(2, PersistentVolumeSpec, { doc: "" }),
})
export type VolumeAttachmentSource = TypeOf<typeof VolumeAttachmentSource>

export const VolumeAttachmentSpec = struct("io.k8s.api.storage.v1.VolumeAttachmentSpec", {
  attacher: string(1, { doc: "", required: true }),
  source: message(2, VolumeAttachmentSource, { doc: "", required: true }),
  nodeName: string(3, { doc: "", required: true }),
})
export type VolumeAttachmentSpec = TypeOf<typeof VolumeAttachmentSpec>

export const VolumeError = struct("io.k8s.api.storage.v1.VolumeError", {
  time: time(1, { doc: "" }),
  message: string(2, { doc: "" }),
  errorCode: int32(3, { doc: "", pointer: true }),
})
export type VolumeError = TypeOf<typeof VolumeError>

export const VolumeAttachmentStatus = struct("io.k8s.api.storage.v1.VolumeAttachmentStatus", {
  attached: bool(1, { doc: "", required: true }),
  attachmentMetadata: map(2, "string", { doc: "" }),
  attachError: message(3, VolumeError, { doc: "" }),
  detachError: message(4, VolumeError, { doc: "" }),
})
export type VolumeAttachmentStatus = TypeOf<typeof VolumeAttachmentStatus>

/** TODO(doc) */
export const VolumeAttachment = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.storage.v1.VolumeAttachment",
  fields: {
    spec: message(2, VolumeAttachmentSpec, { doc: "", required: true }),
    status: message(3, VolumeAttachmentStatus, { doc: "", always: true }),
  },
})
export type VolumeAttachment = ObjectOf<typeof VolumeAttachment>
