import { claimedVolumes } from "../../api/core/v1/claimed-volumes.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/** Whether the pod has a volume for which this claim stands. */
export function usesClaim(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  if (pod.metadata.namespace !== metadata.namespace) return false
  return claimedVolumes(pod).some(({ claimName }) => claimName === metadata.name)
}

/** Names of the claims that the pod's spec mentions. */
export function mentionedClaims({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
    claim === undefined ? [] : [claim.claimName],
  )
}

/** As the API says it of an object that is not there. `resource`: `plural.group` in the singular, such as `persistentvolume`. */
export const notFound = (resource: string, name: string): string => `${resource} "${name}" not found`
