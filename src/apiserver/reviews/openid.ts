import type { TokenAuthority } from "../authentication/service-account-token.ts"
import type { ApiResult } from "../call.ts"
import { onlyGet } from "../discovery/discovery.ts"
import type { PathHandlers } from "../request/router.ts"

/** How others check service account tokens. https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery */

const MAX_AGE_SECONDS = 3600
export const KEY_SET_PATH = "/openid/v1/jwks"

export interface OpenIdOptions {
  readonly authority: Pick<TokenAuthority, "issuer" | "keySet">
  /** Where the keys can be fetched from, such as `https://host:6443/openid/v1/jwks`. */
  readonly keySetUri: () => string
}

export function createOpenId({ authority, keySetUri }: OpenIdOptions): PathHandlers {
  const algorithms = new Set(authority.keySet.keys.map((key) => key["alg"]))
  return new Map([
    [
      "/.well-known/openid-configuration",
      onlyGet(() =>
        answer("application/json", {
          issuer: authority.issuer,
          jwks_uri: keySetUri(),
          response_types_supported: ["id_token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: [...algorithms],
        }),
      ),
    ],
    [KEY_SET_PATH, onlyGet(() => answer("application/jwk-set+json", authority.keySet))],
  ])
}

function answer(contentType: string, value: unknown): ApiResult {
  const headers = { "content-type": contentType, "cache-control": `public, max-age=${MAX_AGE_SECONDS}` }
  return { type: "raw", code: 200, headers, body: Buffer.from(JSON.stringify(value)) }
}
