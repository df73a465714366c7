import type { Pod } from "../../../api/core/v1/pod.ts"
import type { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"

type PodDraft = Draft<Pod>
type Container = Pick<PodDraft["spec"]["containers"][number], "name" | "env" | "envFrom">

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
