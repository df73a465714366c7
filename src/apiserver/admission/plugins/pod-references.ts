import type { Pod } from "../../../api/core/v1/pod.ts"
import type { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"

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

export function hasConfigMapReferences(pod: PodDraft): boolean {
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

/** For accounts that restrict which secrets their pods may use: the first that is not listed, in Kubernetes' words. */
export function checkSecretReferences(pod: PodDraft, account: ServiceAccount): string | undefined {
  const { name } = account.metadata
  const listed = new Set((account.secrets ?? []).map((secret) => secret.name))
  const reason = `is not allowed because service account ${name} does not reference that`
  for (const { secret } of pod.spec.volumes ?? []) {
    if (secret === undefined || listed.has(secret.secretName ?? "")) continue
    return `volume with secret.secretName="${secret.secretName}" ${reason} secret`
  }
  const problem =
    containerProblem("init container", pod.spec.initContainers ?? [], listed, reason) ??
    containerProblem("container", pod.spec.containers, listed, reason)
  if (problem !== undefined) return problem
  const pulls = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name))
  const index = (pod.spec.imagePullSecrets ?? []).findIndex((secret) => !pulls.has(secret.name))
  if (index < 0) return undefined
  return `imagePullSecrets[${index}].name="${pod.spec.imagePullSecrets?.[index]?.name}" ${reason} imagePullSecret`
}

function containerProblem(
  what: string,
  containers: readonly Container[],
  listed: ReadonlySet<string | undefined>,
  reason: string,
): string | undefined {
  for (const { name, env = [], envFrom = [] } of containers) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef
      if (secret === undefined || listed.has(secret.name)) continue
      return `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret.name}" ${reason} secret`
    }
    for (const { secretRef } of envFrom) {
      if (secretRef === undefined || listed.has(secretRef.name)) continue
      return `${what} ${name} with envFrom referencing secret.secretName="${secretRef.name}" ${reason} secret`
    }
  }
  return undefined
}
