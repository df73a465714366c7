import { isMirrorPod } from "../../../api/core/v1/mirror-pod.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { hasSecretReferences } from "../../../api/core/v1/pod-references.ts"
import { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { notFound } from "../../../machinery/status/errors.ts"
import type { Platform } from "../../../platform/platform.ts"
import { generateName } from "../../resources/create.ts"
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { checkSecretReferences } from "./pod-references.ts"
import { podOf } from "./pod-request.ts"

const DEFAULT_NAME = "default"
const VOLUME_PREFIX = "kube-api-access-"
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
const MOUNTABLE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets"
/** An hour and a bit: kubelets renew in time, and clients that never read the file again keep working as long. */
const TOKEN_SECONDS = 3607
const FILE_MODE = 0o644
/** How long a pod waits for the default account of a new namespace. */
const DEFAULT_ACCOUNT_WAIT_MS = 1500
const DEFAULT_ACCOUNT_STEP_MS = 25

type PodDraft = Draft<Pod>
type Needs = Pick<Platform, "clock" | "random">

/** Gives every pod a service account and the files to use it. */
export function serviceAccount(reader: ObjectReader, platform: Needs): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    resources: [Pod],
    mutate: (request) => {
      const pod = podOf(request)
      if (pod === undefined || request.operation !== "CREATE") return undefined
      if (isMirrorPod(pod)) return checkMirror(request, pod)
      pod.spec.serviceAccountName ||= DEFAULT_NAME
      const account = reader.get(ServiceAccount, request.namespace, pod.spec.serviceAccountName)
      if (account !== undefined) return equip(request, pod, account, platform)
      return awaitAccount(request, pod, reader, platform).then((found) => equip(request, pod, found, platform))
    },
    validate: (request) => {
      const pod = podOf(request)
      if (pod === undefined || request.operation !== "CREATE" || isMirrorPod(pod)) return
      if (!pod.spec.serviceAccountName) {
        throw refusal(request, `no service account specified for pod ${request.namespace}/${pod.metadata.name ?? ""}`)
      }
    },
  }
}

function equip(request: AdmissionRequest, pod: PodDraft, account: ServiceAccount, { random }: Needs): void {
  const { spec } = pod
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) {
    mountToken(pod, () => generateName(VOLUME_PREFIX, random))
  }
  if ((spec.imagePullSecrets?.length ?? 0) === 0 && (account.imagePullSecrets?.length ?? 0) > 0) {
    spec.imagePullSecrets = (account.imagePullSecrets ?? []).map((secret) => ({ ...secret }))
  }
  if (!mayMountOnlyListed(account)) return
  const problem = checkSecretReferences(pod, account)
  if (problem !== undefined) throw refusal(request, problem)
}

function mayMountOnlyListed({ metadata }: ServiceAccount): boolean {
  const value = metadata.annotations?.[MOUNTABLE_ANNOTATION]
  return value !== undefined && /^(?:1|t|T|true|TRUE|True)$/.test(value)
}

/** Accounts are made by a controller, which may be a moment behind a new namespace. */
async function awaitAccount(
  request: AdmissionRequest,
  { spec }: PodDraft,
  reader: ObjectReader,
  { clock }: Needs,
): Promise<ServiceAccount> {
  const name = spec.serviceAccountName ?? ""
  const { namespace } = request
  let waitedMs = 0
  for (;;) {
    const found = await reader.getFresh(ServiceAccount, namespace, name)
    if (found !== undefined) return found
    if (name !== DEFAULT_NAME || waitedMs >= DEFAULT_ACCOUNT_WAIT_MS) break
    await clock.sleep(DEFAULT_ACCOUNT_STEP_MS)
    waitedMs += DEFAULT_ACCOUNT_STEP_MS
  }
  // Kubernetes names the resource in the singular here.
  const { message } = notFound({ group: "", resource: "serviceaccount" }, name)
  throw refusal(request, `error looking up service account ${namespace}/${name}: ${message}`)
}

function mountToken({ spec }: PodDraft, newName: () => string): void {
  const present = spec.volumes?.find(({ name }) => name.startsWith(VOLUME_PREFIX))
  const name = present?.name ?? newName()
  let mounted = false
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const mounts = (container.volumeMounts ??= [])
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue
    mounts.push({ name, readOnly: true, mountPath: MOUNT_PATH })
    mounted = true
  }
  if (present !== undefined || !mounted) return
  const volumes = (spec.volumes ??= [])
  volumes.push({ name, projected: { sources: tokenSources(), defaultMode: FILE_MODE } })
}

/** The token, the CA to trust and the namespace. */
function tokenSources() {
  const fieldRef = { apiVersion: "v1", fieldPath: "metadata.namespace" }
  return [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef }] } },
  ]
}

function checkMirror(request: AdmissionRequest, pod: PodDraft): void {
  if (pod.spec.serviceAccountName) throw refusal(request, "a mirror pod may not reference service accounts")
  if (hasSecretReferences(pod)) throw refusal(request, "a mirror pod may not reference secrets")
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  if (sources.some((source) => source.serviceAccountToken !== undefined)) {
    throw refusal(request, "a mirror pod may not use ServiceAccountToken volume projections")
  }
}
