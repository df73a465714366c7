import { compactVerify, errors } from "jose"
import { parseJson } from "../../../machinery/json/parse.ts"
import { isObject, type JsonObject } from "../../../machinery/patch/structure.ts"
import { unauthorized } from "../../../machinery/status/errors.ts"
import type { Platform } from "../../../platform/platform.ts"
import { withAuthenticated } from "../authenticated-group.ts"
import type { TokenAuthenticator } from "../authenticator.ts"
import type { JWTAuthenticator } from "./configuration.ts"
import { createIssuerKeys, type KeySet } from "./issuer-keys.ts"
import { userOfClaims } from "./user-of-claims.ts"
import type { CompiledAuthenticator } from "./validate.ts"

/** Accepts the tokens of one issuer. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens */
export interface JwtAuthenticator {
  readonly authenticate: TokenAuthenticator
  close(): void
}

const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"]
/** The issuer's clock may be ahead; the figure is go-oidc's. */
const NOT_BEFORE_LEEWAY_MS = 5 * 60_000

export function createJwtAuthenticator(
  configuration: JWTAuthenticator,
  compiled: CompiledAuthenticator,
  { clock, log }: Pick<Platform, "clock" | "log">,
): JwtAuthenticator {
  const { url = "", discoveryURL: discoveryUrl, certificateAuthority, audiences = [] } = configuration.issuer
  const keys = createIssuerKeys({ url, discoveryUrl, certificateAuthority, clock })
  // So that the first token need not wait for it.
  keys.current().catch((error: unknown) => log.warn("an issuer's keys cannot be fetched yet", { issuer: url, error }))

  async function verified(token: string): Promise<JsonObject> {
    const known = await keys.current()
    const payload = (await signed(token, known)) ?? (await signed(token, await keys.renewed()))
    if (payload === undefined) throw new Error("oidc: verify token: failed to verify signature")
    const claims = claimsIn(payload)
    checkClaims(claims, url, audiences, clock.nowMs())
    return claims
  }
  return {
    async authenticate(token) {
      if (untrustedIssuer(token) !== url) return undefined
      try {
        return withAuthenticated(userOfClaims(await verified(token), configuration, compiled))
      } catch (error) {
        log.debug("a token is refused", { issuer: url, error })
        throw unauthorized()
      }
    },
    close: () => keys.close(),
  }
}

/** The claims' bytes; undefined when none of the keys made the signature. */
async function signed(token: string, keys: KeySet): Promise<Uint8Array | undefined> {
  const options = { algorithms: ALGORITHMS }
  try {
    return (await compactVerify(token, keys, options)).payload
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      for await (const key of error) {
        const found = await compactVerify(token, key, options).catch(ignoreSignature)
        if (found !== undefined) return found.payload
      }
      return undefined
    }
    if (error instanceof errors.JWKSNoMatchingKey) return undefined
    return ignoreSignature(error)
  }
}

function ignoreSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

function checkClaims(claims: JsonObject, url: string, audiences: readonly string[], nowMs: number): void {
  const { iss, aud, exp, nbf } = claims
  const issuer = iss === LEGACY_GOOGLE ? GOOGLE : iss
  if (issuer !== url)
    throw new Error(`oidc: id token issued by a different provider, expected "${url}" got "${String(iss)}"`)
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!all.some((one) => audiences.some((audience) => audience === one))) {
    throw new Error(`oidc: expected audience in ${JSON.stringify(audiences)} got ${JSON.stringify(all)}`)
  }
  if (typeof exp !== "number" || exp * 1000 < nowMs) throw new Error("oidc: token is expired")
  if (typeof nbf === "number" && nbf * 1000 > nowMs + NOT_BEFORE_LEEWAY_MS) {
    throw new Error("oidc: current time is before the nbf (not before) time")
  }
}

const GOOGLE = "https://accounts.google.com"
const LEGACY_GOOGLE = "accounts.google.com"

/** Whose token it claims to be, which only says whom to ask. */
export function untrustedIssuer(token: string): string | undefined {
  const parts = token.split(".")
  if (parts.length !== 3) return undefined
  try {
    const { iss } = claimsIn(Buffer.from(parts[1] ?? "", "base64url"))
    return iss === LEGACY_GOOGLE ? GOOGLE : typeof iss === "string" ? iss : undefined
  } catch {
    // Somebody else's kind of token.
    return undefined
  }
}

function claimsIn(payload: Uint8Array): JsonObject {
  const { value } = parseJson(payload)
  if (!isObject(value)) throw new Error("oidc: parse claims: not an object")
  return value
}
