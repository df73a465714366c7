import type { Pod } from "../../api/core/v1/pod.ts"
import { quote } from "../../machinery/field/quote.ts"
import type { Device } from "../../runtime/runtime.ts"
import type { MountedVolume } from "./plugins/plugin.ts"
import type { MountingContainer } from "./volumes.ts"

/** The raw block volumes of a container. Throws Kubernetes' message. */
export function containerDevices(
  pod: Pod,
  container: MountingContainer,
  mountedOf: (volume: string) => MountedVolume | undefined,
): Device[] {
  return (container.volumeDevices ?? []).map(({ devicePath, name }) => {
    const mounted = mountedOf(name)
    if (mounted === undefined || !mounted.block || mounted.hostPath === "") {
      throw new Error(
        `cannot find volume ${quote(name)} to pass into container ${quote(container.name)} of pod ${quote(pod.metadata.name)}`,
      )
    }
    return { hostPath: mounted.hostPath, containerPath: devicePath, permissions: mounted.readOnly ? "r" : "mrw" }
  })
}
