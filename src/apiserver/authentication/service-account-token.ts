import { createPublicKey } from "node:crypto"
import { unauthorized } from "../../machinery/status/errors.ts"
import { readToken, tokenSigner, tokenVerifier } from "../../pki/json-web-token.ts"
import type { Clock } from "../../platform/clock.ts"
import type { Random } from "../../platform/random.ts"
import type { UserInfo } from "../call.ts"
import type { TokenAuthenticator } from "./authenticator.ts"

/**
 * Tokens of service accounts: JSON Web Tokens (RFC 7519) bound to an account, and maybe to a pod, node or secret whose
 * end ends the token. https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */

export interface BoundObject {
  readonly name: string
  readonly uid: string
}

/** What of the cluster decides whether a token still counts. */
export interface TokenLookup {
  serviceAccount(namespace: string, name: string): LookedUp | undefined
  pod(namespace: string, name: string): LookedUp | undefined
  secret(namespace: string, name: string): LookedUp | undefined
  node(name: string): LookedUp | undefined
}
export interface LookedUp {
  readonly uid: string
  /** Since when the object is being deleted. */
  readonly deletedMs?: number
}

export interface TokenSubject {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly pod?: BoundObject
  readonly node?: BoundObject
  readonly secret?: BoundObject
  /** Default: the API server. */
  readonly audiences?: readonly string[]
  readonly expirationSeconds: number
  /** After this the token should have been renewed, though it still works. */
  readonly warnAfterSeconds?: number
}
export interface IssuedToken {
  readonly token: string
  readonly expiresMs: number
  /** The token's id, which audit records name. */
  readonly id: string
}

export interface TokenAuthority {
  /** Signs a token. The caller has checked that the objects exist and the duration is allowed. */
  issue(subject: TokenSubject): IssuedToken
  readonly authenticate: TokenAuthenticator
  /** As `authenticate`, for other audiences; also says which of them the token has. */
  review(
    token: string,
    audiences: readonly string[],
  ): { readonly user: UserInfo; readonly audiences: readonly string[] }
  /** Public keys as JSON Web Key Set (RFC 7517). */
  readonly keySet: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  readonly issuer: string
  readonly audience: string
}

export interface TokenAuthorityOptions {
  /** PEM, PKCS #8; ECDSA P-256 or RSA. */
  readonly signingKey: string
  /** Keys that earlier tokens were signed with, PEM. */
  readonly formerKeys?: readonly string[]
  readonly issuer: string
  /** Who the API server is. Default: the issuer. */
  readonly audience?: string
  readonly lookup: TokenLookup
  readonly platform: { readonly clock: Pick<Clock, "nowMs">; readonly random: Pick<Random, "uuid"> }
}

interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly nbf: number
  readonly jti: string
  readonly "kubernetes.io": {
    readonly namespace: string
    readonly serviceaccount: BoundObject
    readonly pod?: BoundObject
    readonly node?: BoundObject
    readonly secret?: BoundObject
  }
}

// After its pod or account is marked for deletion a token works a little longer, so that clean-up can finish.
const DELETION_LEEWAY_MS = 60_000
const CLOCK_SKEW_SECONDS = 60
const VERIFIED_MAX = 4096

export function createTokenAuthority(options: TokenAuthorityOptions): TokenAuthority {
  const { issuer, lookup, platform } = options
  const { clock, random } = platform
  const audience = options.audience ?? issuer
  const signer = tokenSigner(options.signingKey)
  const keys = [options.signingKey, ...(options.formerKeys ?? [])].map((key) => tokenVerifier(createPublicKey(key)))
  // Signatures do not change; the claims are checked again each time.
  const verified = new Map<string, Claims>()

  function readClaims(token: string): Claims | undefined {
    const cached = verified.get(token)
    if (cached !== undefined) return cached
    const read = readToken(token)
    const claims = read?.claims as Partial<Claims> | undefined
    // A token of another issuer is for another authenticator.
    if (read === undefined || claims?.iss !== issuer) return undefined
    if (!read.isSignedBy(keys) || !isComplete(claims)) throw unauthorized()
    if (verified.size >= VERIFIED_MAX) verified.clear()
    verified.set(token, claims)
    return claims
  }

  function check(claims: Claims, audiences: readonly string[]): readonly string[] {
    const nowMs = clock.nowMs()
    const shared = claims.aud.filter((one) => audiences.includes(one))
    if (claims.exp * 1000 <= nowMs || (claims.nbf - CLOCK_SKEW_SECONDS) * 1000 > nowMs || shared.length === 0) {
      throw unauthorized()
    }
    const { namespace, serviceaccount, pod, node, secret } = claims["kubernetes.io"]
    const lives = (bound: BoundObject, found: LookedUp | undefined) =>
      found !== undefined &&
      found.uid === bound.uid &&
      (found.deletedMs === undefined || found.deletedMs + DELETION_LEEWAY_MS > nowMs)
    if (!lives(serviceaccount, lookup.serviceAccount(namespace, serviceaccount.name))) throw unauthorized()
    if (pod && !lives(pod, lookup.pod(namespace, pod.name))) throw unauthorized()
    if (secret && !lives(secret, lookup.secret(namespace, secret.name))) throw unauthorized()
    // A pod's token names its node for information; only a token bound to a node alone ends with the node.
    if (node && !pod && !lives(node, lookup.node(node.name))) throw unauthorized()
    return shared
  }

  return {
    issuer,
    audience,
    keySet: { keys: keys.map((key) => key.jwk) },
    issue(subject) {
      const nowSeconds = Math.floor(clock.nowMs() / 1000)
      const id = random.uuid()
      const { namespace, name, uid, pod, node, secret, warnAfterSeconds } = subject
      const claims = {
        aud: subject.audiences && subject.audiences.length > 0 ? subject.audiences : [audience],
        exp: nowSeconds + subject.expirationSeconds,
        iat: nowSeconds,
        iss: issuer,
        jti: id,
        "kubernetes.io": {
          namespace,
          ...(node && { node }),
          ...(pod && { pod }),
          ...(secret && { secret }),
          serviceaccount: { name, uid },
          ...(warnAfterSeconds !== undefined && { warnafter: nowSeconds + warnAfterSeconds }),
        },
        nbf: nowSeconds,
        sub: `system:serviceaccount:${namespace}:${name}`,
      }
      return { token: signer.sign(claims), expiresMs: claims.exp * 1000, id }
    },
    authenticate(token) {
      const claims = readClaims(token)
      if (claims === undefined) return undefined
      check(claims, [audience])
      return userOf(claims)
    },
    review(token, audiences) {
      const claims = readClaims(token)
      if (claims === undefined) throw unauthorized()
      return { audiences: check(claims, audiences.length === 0 ? [audience] : audiences), user: userOf(claims) }
    },
  }
}

/** The user name of a service account. */
export const serviceAccountName = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`

/** The identity that a service account has without a token, for in-process clients and impersonation. */
export function serviceAccountUser(namespace: string, name: string, uid?: string): UserInfo {
  return {
    name: serviceAccountName(namespace, name),
    ...(uid !== undefined && { uid }),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    extra: new Map(),
  }
}

function userOf(claims: Claims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"]
  const extra = new Map<string, readonly string[]>()
  const add = (key: string, value: string) => extra.set(`authentication.kubernetes.io/${key}`, [value])
  add("credential-id", `JTI=${claims.jti}`)
  if (pod) {
    add("pod-name", pod.name)
    add("pod-uid", pod.uid)
  }
  if (node) {
    add("node-name", node.name)
    add("node-uid", node.uid)
  }
  return { ...serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid), extra }
}

// The signature is ours, so only tokens of a different shape are sorted out here.
function isComplete(claims: Partial<Claims>): claims is Claims {
  return (
    typeof claims.exp === "number" &&
    typeof claims.nbf === "number" &&
    Array.isArray(claims.aud) &&
    typeof claims["kubernetes.io"]?.serviceaccount?.name === "string"
  )
}
