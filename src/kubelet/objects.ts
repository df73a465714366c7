import type { TokenRequestSpec, TokenRequestStatus } from "../api/authentication/v1/token-request.ts"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { Secret } from "../api/core/v1/secret.ts"
import type { Client } from "../client/client.ts"
import { StatusError } from "../machinery/status/status-error.ts"
import type { VolumeObjects } from "./volumes/volumes.ts"

/**
 * The objects that pods refer to, fetched when needed. While the API server cannot be reached, what was last read is
 * used, so that containers restart without it.
 */
export function createObjects(client: Client): VolumeObjects {
  const last = new Map<string, unknown>()
  const keep = async <T>(key: string, get: () => Promise<T>): Promise<T> => {
    try {
      const object = await get()
      last.set(key, object)
      return object
    } catch (error) {
      const known = last.get(key)
      if (isAnswer(error) || known === undefined) throw error
      // What was kept under this key came from the same call.
      return known as T
    }
  }
  return {
    getConfigMap: (namespace, name) =>
      keep(`ConfigMap/${namespace}/${name}`, () => client.of(ConfigMap).get({ namespace, name })),
    getSecret: (namespace, name) =>
      keep(`Secret/${namespace}/${name}`, () => client.of(Secret).get({ namespace, name })),
    async requestToken(namespace, serviceAccount, spec: TokenRequestSpec) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec }
      const answer = (await client.raw.post(path, body)) as { readonly status: TokenRequestStatus }
      return answer.status
    },
  }
}

/** The server itself refused: that is news, and not a failure to reach it. */
function isAnswer(error: unknown): boolean {
  return error instanceof StatusError && error.code < 500
}
