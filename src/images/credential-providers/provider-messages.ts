import { decode } from "../../machinery/decode/decode.ts"
import { parseJson } from "../../machinery/json/parse.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import { duration, map, string, struct } from "../../machinery/schema/fields.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"

/** What plugins are asked, and answer. https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/ */

const group = "credentialprovider.kubelet.k8s.io"
/** Sorted, as messages list them. */
export const requestVersions: readonly string[] = ["v1", "v1alpha1", "v1beta1"].map((version) => `${group}/${version}`)

export interface ProviderRequest {
  readonly image: string
  readonly serviceAccountToken?: string
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>
}

export const requestText = (apiVersion: string, request: ProviderRequest): string =>
  `${JSON.stringify({ kind: "CredentialProviderRequest", apiVersion, ...request })}\n`

const AuthConfig = struct(
  "io.k8s.kubelet.credentialprovider.v1.AuthConfig",
  {
    username: string(1, { doc: "Who asks the registry.", always: true }),
    password: string(2, { doc: "How they prove it.", always: true }),
  },
  { doc: "Credentials of a registry." },
)

const CredentialProviderResponse = struct(
  "io.k8s.kubelet.credentialprovider.v1.CredentialProviderResponse",
  {
    apiVersion: string(1, { doc: "The version." }),
    kind: string(2, { doc: "The kind." }),
    cacheKeyType: string(3, { doc: "For what the credentials are good: Image, Registry or Global.", always: true }),
    cacheDuration: duration(4, { doc: "How long they are kept." }),
    auth: map(5, AuthConfig, { doc: "Credentials, by the images that they are for." }),
  },
  { doc: "What a plugin answers." },
)
export type ProviderResponse = TypeOf<typeof CredentialProviderResponse>

/** Throws the kubelet's message, which never holds what the plugin said: those are secrets. */
export function parseResponse(text: string, apiVersion: string): ProviderResponse {
  let parsed: ReturnType<typeof parseJson>
  try {
    parsed = parseJson(text)
  } catch (cause) {
    throw new Error("error reading GVK from response: couldn't get version/kind; json parse error", { cause })
  }
  const { apiVersion: found = "", kind } = isObject(parsed.value) ? parsed.value : {}
  if (found !== apiVersion) {
    const which = `expected apiVersion:${apiVersion}, actual apiVersion:${String(found)}`
    throw new Error(`apiVersion from credential plugin response did not match ${which}`)
  }
  const response = kind === "CredentialProviderResponse" ? decoded(parsed) : undefined
  if (response === undefined) throw new Error("error decoding credential provider plugin response from stdout")
  return response
}

/** What is wrong with it is not told: that would show a part. */
function decoded(parsed: ReturnType<typeof parseJson>): ProviderResponse | undefined {
  try {
    return decode(CredentialProviderResponse, parsed, "Strict").object as ProviderResponse
  } catch {
    return undefined
  }
}
