import { claimedVolume, whyNotOfPod } from "../../api/core/v1/claimed-volumes.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"
import { controllerReference } from "../pods/claim.ts"

type ClaimManifest = ManifestOf<typeof PersistentVolumeClaim>

/**
 * The claims that a pod's ephemeral volumes still need. They live as long as the pod: it owns them.
 * https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
 */
export type Step =
  | { readonly do: "create"; readonly volume: string; readonly claim: ClaimManifest }
  /** The claim of that name is somebody else's. Volumes after it wait. */
  | { readonly do: "refuse"; readonly volume: string; readonly message: string }

export function plan(pod: Pod, claimNamed: (name: string) => PersistentVolumeClaim | undefined): readonly Step[] {
  if (pod.metadata.deletionTimestamp !== undefined) return []
  const steps: Step[] = []
  for (const entry of pod.spec.volumes ?? []) {
    const { name: volume, ephemeral } = entry
    const name = claimedVolume(pod, entry)?.claimName
    if (ephemeral === undefined || name === undefined) continue
    const found = claimNamed(name)
    if (found === undefined) {
      steps.push({ do: "create", volume, claim: claimFor(pod, name, ephemeral) })
      continue
    }
    // A claim of the same name that a user has made is not taken: its data is not the pod's.
    const message = whyNotOfPod(pod, found)
    if (message !== undefined) return [...steps, { do: "refuse", volume, message }]
  }
  return steps
}

export const hasEphemeralVolumes = ({ spec }: Pod): boolean =>
  spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false

type Ephemeral = NonNullable<NonNullable<Pod["spec"]["volumes"]>[number]["ephemeral"]>

function claimFor(pod: Pod, name: string, { volumeClaimTemplate: template }: Ephemeral): ClaimManifest {
  const { annotations, labels } = template?.metadata ?? {}
  return {
    metadata: {
      namespace: pod.metadata.namespace,
      name,
      ownerReferences: [controllerReference(pod)],
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    ...(template && { spec: template.spec }),
  }
}
