import type { Probe } from "../../api/core/v1/handlers.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/** What a pod gets when nothing says otherwise, and the least any container gets. */
const graceDefaultSeconds = 30
export const graceLeastSeconds = 2

/** How long a container may take to end, by what the pod, its deletion, or the probe that failed says. */
export function terminationGraceMs(pod: Pod, failedProbe?: Probe): number {
  const seconds =
    pod.metadata.deletionGracePeriodSeconds ??
    failedProbe?.terminationGracePeriodSeconds ??
    pod.spec.terminationGracePeriodSeconds ??
    graceDefaultSeconds
  return Math.max(seconds, graceLeastSeconds) * 1000
}
