import type { TokenRequestStatus } from "../../api/authentication/v1/token-request.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { CSIDriver } from "../../api/storage/v1/csi-driver.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { PodTokens } from "../volumes/tokens.ts"
import type { CsiObjects } from "./csi-objects.ts"
import type { CsiSource } from "./csi-source.ts"

/** As the API's default for tokens. */
const EXPIRATION_SECONDS = 3600

export interface PublishSettings {
  readonly volumeContext: Record<string, string>
  readonly secrets: Record<string, string>
}

/**
 * What a driver is told with a volume of a pod: the volume's own settings, and about the pod what the driver asks for.
 * https://kubernetes-csi.github.io/docs/pod-info.html
 */
export async function publishSettings(
  pod: Pod,
  source: CsiSource,
  { objects, tokens }: { readonly objects: CsiObjects; readonly tokens: PodTokens },
): Promise<PublishSettings> {
  const driver = await objects.driver(source.driver)
  const secrets = await objects.secret(source.publishSecret).catch((error: unknown) => {
    const { name, namespace } = source.publishSecret ?? { name: "", namespace: "" }
    const text = messageOf(error)
    throw new Error(`fetching NodePublishSecretRef ${namespace}/${name} failed: ${text}`, { cause: error })
  })
  const volumeContext: Record<string, string> = { ...source.attributes }
  if (driver?.spec.podInfoOnMount) Object.assign(volumeContext, podInfo(pod, source))
  const granted = await serviceAccountTokens(pod, driver, tokens)
  Object.assign(driver?.spec.serviceAccountTokenInSecrets ? secrets : volumeContext, granted)
  return { volumeContext, secrets }
}

function podInfo({ metadata, spec }: Pod, { ephemeral }: CsiSource): Record<string, string> {
  return {
    "csi.storage.k8s.io/pod.name": metadata.name,
    "csi.storage.k8s.io/pod.namespace": metadata.namespace,
    "csi.storage.k8s.io/pod.uid": metadata.uid,
    "csi.storage.k8s.io/serviceAccount.name": spec.serviceAccountName ?? "",
    "csi.storage.k8s.io/ephemeral": String(ephemeral),
  }
}

async function serviceAccountTokens(
  pod: Pod,
  driver: CSIDriver | undefined,
  tokens: PodTokens,
): Promise<Record<string, string>> {
  const requests = driver?.spec.tokenRequests ?? []
  if (requests.length === 0) return {}
  const found = new Map<string, TokenRequestStatus>()
  for (const { audience, expirationSeconds } of requests) {
    const projection = { audience, path: "", expirationSeconds: expirationSeconds ?? EXPIRATION_SECONDS }
    found.set(audience, await tokens.get(pod, projection))
  }
  // An audience may have any name, also one that objects of JavaScript have.
  const members = [...found].map(([audience, { expirationTimestamp, token }]) => {
    return `${JSON.stringify(audience)}:${JSON.stringify({ token, expirationTimestamp })}`
  })
  return { "csi.storage.k8s.io/serviceAccount.tokens": `{${members.join(",")}}` }
}
