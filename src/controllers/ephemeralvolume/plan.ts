import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"

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
  for (const { name: volume, ephemeral } of pod.spec.volumes ?? []) {
    if (ephemeral === undefined) continue
    const name = ephemeralClaimName(pod, volume)
    const found = claimNamed(name)
    if (found === undefined) steps.push({ do: "create", volume, claim: claimFor(pod, name, ephemeral) })
    else if (!isMadeFor(pod, found)) {
      const { namespace } = pod.metadata
      const message = `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
      return [...steps, { do: "refuse", volume, message }]
    }
  }
  return steps
}

export const hasEphemeralVolumes = ({ spec }: Pod): boolean =>
  spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false

const ephemeralClaimName = ({ metadata }: Pod, volume: string): string => `${metadata.name}-${volume}`

/** A claim of the same name that a user has made is not taken: its data is not the pod's. */
function isMadeFor({ metadata }: Pod, claim: PersistentVolumeClaim): boolean {
  const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller)
  return owner?.uid === metadata.uid
}

type Ephemeral = NonNullable<NonNullable<Pod["spec"]["volumes"]>[number]["ephemeral"]>

function claimFor({ metadata }: Pod, name: string, { volumeClaimTemplate: template }: Ephemeral): ClaimManifest {
  const { annotations, labels } = template?.metadata ?? {}
  const { apiVersion, kind } = Pod
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }
  return {
    metadata: {
      namespace: metadata.namespace,
      name,
      ownerReferences: [owner],
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    ...(template && { spec: template.spec }),
  }
}
