import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"

/** The pod's volumes that a container mounts, or gets as a device. Others are not made. */
export function mountedVolumes({ spec }: Pod): Volume[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  const names = new Set(
    containers.flatMap(({ volumeMounts = [], volumeDevices = [] }) =>
      [...volumeMounts, ...volumeDevices].map(({ name }) => name),
    ),
  )
  return (spec.volumes ?? []).filter(({ name }) => names.has(name))
}
