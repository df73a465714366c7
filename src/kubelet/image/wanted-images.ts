import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodContainer } from "../pod/containers.ts"

/** An image that a container cannot start without. */
export interface WantedImage {
  /** The container's name, or that of a volume in angle brackets. */
  readonly key: string
  readonly image: string
  readonly policy: string
  /** What events about the image name. Absent: the pod. */
  readonly fieldPath?: string
  /** Of the container. */
  readonly containerPath: string
}

export function ownImage({ fieldPath, spec }: PodContainer): WantedImage {
  const { image = "", imagePullPolicy = "IfNotPresent", name } = spec
  return { key: name, image, policy: imagePullPolicy, fieldPath, containerPath: fieldPath }
}

export const volumeImageKey = (volumeName: string): string => `<image-volume:${volumeName}>`

/** Of the volumes that the container mounts, each once. */
export function volumeImages({ spec: { volumes = [] } }: Pod, { fieldPath, spec }: PodContainer): WantedImage[] {
  const mounted = new Set((spec.volumeMounts ?? []).map(({ name }) => name))
  return volumes.flatMap(({ image, name }) => {
    if (image === undefined || !mounted.has(name)) return []
    const { pullPolicy = "IfNotPresent", reference = "" } = image
    return [{ key: volumeImageKey(name), image: reference, policy: pullPolicy, containerPath: fieldPath }]
  })
}
