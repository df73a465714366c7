import type { Draft } from "../../../machinery/schema/schema.ts"
import type { Pod } from "./pod.ts"

/** Which other objects a pod names. */

type PodDraft = Draft<Pod>
type Container = Pick<PodDraft["spec"]["containers"][number], "name" | "env" | "envFrom">

function containersOf({ spec }: PodDraft): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
}

export function hasSecretReferences(pod: PodDraft): boolean {
  const { spec } = pod
  if ((spec.imagePullSecrets?.length ?? 0) > 0) return true
  const inVolume = (spec.volumes ?? []).some(
    ({ secret, azureFile, projected, csi }) =>
      secret !== undefined ||
      azureFile !== undefined ||
      csi?.nodePublishSecretRef !== undefined ||
      (projected?.sources ?? []).some((source) => source.secret !== undefined),
  )
  return (
    inVolume ||
    containersOf(pod).some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
        envFrom.some(({ secretRef }) => secretRef !== undefined),
    )
  )
}

function hasConfigMapReferences(pod: PodDraft): boolean {
  return containersOf(pod).some(
    ({ env = [], envFrom = [] }) =>
      env.some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined) ||
      envFrom.some(({ configMapRef }) => configMapRef !== undefined),
  )
}

type Volume = NonNullable<PodDraft["spec"]["volumes"]>[number]
type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number]

const VOLUME_NEEDS: readonly (readonly [keyof Volume, string])[] = [
  ["configMap", "configmaps (via configmap volumes)"],
  ["secret", "secrets (via secret volumes)"],
  ["csi", "csidrivers (via CSI volumes)"],
  ["glusterfs", "endpoints (via glusterFS volumes)"],
  ["persistentVolumeClaim", "persistentvolumeclaims"],
  ["ephemeral", "persistentvolumeclaims (via ephemeral volumes)"],
  ["azureFile", "secrets (via azureFile volumes)"],
]
const PROJECTION_NEEDS: readonly (readonly [keyof Projection, string])[] = [
  ["configMap", "configmaps (via projected volumes)"],
  ["secret", "secrets (via projected volumes)"],
  ["serviceAccountToken", "serviceaccounts (via projected volumes)"],
  ["clusterTrustBundle", "clustertrustbundles"],
  ["podCertificate", "podcertificates"],
]

/** What of the API a pod needs before it can run, in Kubernetes' words; undefined: nothing, so it can be a mirror pod. */
export function firstApiReference(pod: PodDraft): string | undefined {
  const { spec } = pod
  if (spec.serviceAccountName) return "serviceaccounts"
  if (hasSecretReferences(pod)) return "secrets"
  if (hasConfigMapReferences(pod)) return "configmaps"
  if ((spec.resourceClaims?.length ?? 0) > 0) return "resourceclaims"
  for (const volume of spec.volumes ?? []) {
    const direct = VOLUME_NEEDS.find(([member]) => volume[member] !== undefined)
    if (direct !== undefined) return direct[1]
    for (const source of volume.projected?.sources ?? []) {
      const projected = PROJECTION_NEEDS.find(([member]) => source[member] !== undefined)
      if (projected !== undefined) return projected[1]
    }
  }
  return undefined
}
