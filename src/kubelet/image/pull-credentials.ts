import { createHash } from "node:crypto"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import type { AccountFor, RegistryCredentials } from "../../images/images.ts"
import type { NodeObjects } from "../objects/objects.ts"
import type { KubeletOptions } from "../options.ts"
import type { PullCredentials } from "./ensure-image.ts"

/** As the API server chooses. */
const TOKEN_SECONDS = 3600

/**
 * The credentials for a pod's image, in the order in which they are to be tried: those in the pod's pull secrets, then what
 * the node's plugins know.
 */
export function createPullCredentials(
  parts: Pick<KubeletOptions, "client" | "credentialProviders" | "credentialsFor" | "events"> & {
    readonly objects: Pick<NodeObjects, "getSecret" | "requestToken">
  },
): (pod: Pod, image: string) => Promise<readonly PullCredentials[]> {
  const { credentialProviders, credentialsFor, events, objects } = parts
  const provided = credentialProviders?.(accountFor(parts))
  return async (pod, image) => {
    const { name: podName, namespace, uid: podUid } = pod.metadata
    const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []))
    const found = await Promise.allSettled(names.map((name) => objects.getSecret(namespace, name)))
    const missing = names.filter((_, at) => found[at]?.status === "rejected")
    if (missing.length > 0) {
      // The image may be one that can be pulled without them.
      const message = `Unable to retrieve some image pull secrets (${missing.join(", ")}); attempting to pull the image may not succeed.`
      events.record(pod, "Warning", "FailedToRetrieveImagePullSecret", message)
    }
    const secrets = found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
    const own = ofSecrets(image, secrets, credentialsFor)
    const user = { namespace, podName, podUid, serviceAccount: pod.spec.serviceAccountName ?? "" }
    const others = (await provided?.(image, user)) ?? []
    return [
      ...own,
      ...others.map(({ credentials, serviceAccount }) => ({
        credentials,
        ...(serviceAccount && { source: serviceAccount }),
      })),
    ]
  }
}

function ofSecrets(
  image: string,
  secrets: readonly Secret[],
  credentialsFor: KubeletOptions["credentialsFor"],
): PullCredentials[] {
  const textOf = (credentials: RegistryCredentials) => JSON.stringify(credentials)
  const ofEach = secrets.flatMap((secret) =>
    credentialsFor(image, [secret]).map((credentials) => ({ text: textOf(credentials), secret })),
  )
  return credentialsFor(image, secrets).flatMap((credentials) => {
    const text = textOf(credentials)
    const { metadata } = ofEach.find((each) => each.text === text)?.secret ?? {}
    if (metadata === undefined) return []
    const { name, namespace, uid } = metadata
    return [{ credentials, source: { uid, namespace, name, hash: createHash("sha256").update(text).digest("hex") } }]
  })
}

function accountFor({
  client,
  objects,
}: Pick<KubeletOptions, "client"> & { readonly objects: Pick<NodeObjects, "requestToken"> }): AccountFor {
  return async ({ namespace, podName, podUid, serviceAccount: name }, audience) => {
    const { metadata } = await client.of(ServiceAccount).get({ namespace, name })
    return {
      uid: metadata.uid,
      annotations: new Map(Object.entries(metadata.annotations ?? {})),
      async token() {
        const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: podName, uid: podUid }
        const spec = { audiences: [audience], expirationSeconds: TOKEN_SECONDS, boundObjectRef }
        return (await objects.requestToken(namespace, name, spec, metadata.uid)).token
      },
    }
  }
}
