import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { csiDriverName } from "../../../core/v1/validation/csi-driver-name.ts"
import { validateInlineVolumeSpec } from "../../../core/v1/validation/persistent-volume.ts"
import { type Errors, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type {
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeAttachmentStatus,
  VolumeError,
} from "../volume-attachment.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")
const METADATA_BYTES_MAX = 256 * 1024
const MESSAGE_BYTES_MAX = 1024
const INT32_MAX = 2147483647

export function validateVolumeAttachment({
  spec,
  status,
}: {
  readonly spec: VolumeAttachmentSpec
  readonly status: VolumeAttachmentStatus
}): Errors {
  const { persistentVolumeName: volume } = spec.source
  return [
    ...csiDriverName(spec.attacher, SPEC.child("attacher")),
    ...validateSource(spec.source, SPEC.child("source")),
    ...subdomain(spec.nodeName, SPEC.child("nodeName")),
    ...validateMetadata(status.attachmentMetadata ?? {}, STATUS.child("attachmentMetadata")),
    ...validateError(status.attachError, STATUS.child("attachError")),
    ...validateError(status.detachError, STATUS.child("detachError")),
    ...(volume === undefined ? NONE : subdomain(volume, SPEC.child("source").child("persistentVolumeName"))),
  ]
}

function validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, path: FieldPath): Errors {
  const why = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
  const at = path.child("persistentVolumeName")
  if (inlineVolumeSpec === undefined) {
    if (persistentVolumeName === undefined) return [field.required(path, why)]
    return persistentVolumeName === "" ? [field.required(at, "must specify non empty persistentVolumeName")] : NONE
  }
  if (persistentVolumeName !== undefined) return [field.forbidden(path, why)]
  return validateInlineVolumeSpec(inlineVolumeSpec, path.child("inlineVolumeSpec"))
}

function validateMetadata(metadata: Readonly<Record<string, string>>, path: FieldPath): Errors {
  const bytes = Object.entries(metadata).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return bytes > METADATA_BYTES_MAX ? [field.tooLong(path, METADATA_BYTES_MAX)] : NONE
}

function validateError(error: VolumeError | undefined, path: FieldPath): Errors {
  const { message = "", errorCode = 0 } = error ?? {}
  return [
    // As in Kubernetes, the message names the limit of the metadata.
    ...(byteLength(message) > MESSAGE_BYTES_MAX ? [field.tooLong(path.child("message"), METADATA_BYTES_MAX)] : NONE),
    ...(errorCode < 0
      ? [field.invalid(path.child("errorCode"), errorCode, `must be between 0 and ${INT32_MAX}, inclusive`)]
      : NONE),
  ]
}
