import type { AttachedVolume } from "../../api/core/v1/node-status.ts"
import { attachmentName, type CsiVolume, uniqueVolumeName } from "../../api/storage/v1/attachment-name.ts"
import type { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"

/**
 * What a node is told to be attached to it, so that it mounts nothing else. A volume is taken from the list before it is
 * detached.
 */
export function attachedVolumes(
  attachments: readonly VolumeAttachment[],
  leaving: ReadonlySet<string>,
  diskOf: (volume: string) => CsiVolume | undefined,
): readonly AttachedVolume[] {
  const names = attachments.flatMap(({ metadata, spec, status }) => {
    const disk = diskOf(spec.source.persistentVolumeName ?? "")
    const goes = metadata.deletionTimestamp !== undefined || leaving.has(metadata.name)
    if (disk === undefined || goes || !status.attached) return []
    return attachmentName(disk, spec.nodeName) === metadata.name ? [uniqueVolumeName(disk)] : []
  })
  return [...new Set(names)].toSorted().map((name) => ({ name, devicePath: "" }))
}
