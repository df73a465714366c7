import { createPublicKey, timingSafeEqual } from "node:crypto"
import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { unauthorized } from "../../machinery/status/errors.ts"
import { readToken, type TokenVerifier, tokenVerifier } from "../../pki/json-web-token.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { TokenAuthenticator } from "./authenticator.ts"
import { serviceAccountName, serviceAccountUser } from "./service-account-token.ts"

/**
 * Tokens of service accounts that never end, kept in Secrets. They count as long as the secret holds them.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */

export const LEGACY_ISSUER = "kubernetes/serviceaccount"
const CLAIM = "kubernetes.io/serviceaccount"
const LAST_USED = "kubernetes.io/legacy-token-last-used"
const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"

export interface LegacyTokenOptions {
  /** PEM; of the account tokens. */
  readonly signingKey: string
  readonly reader: Pick<ObjectReader, "get">
  readonly clock: Pick<Clock, "nowMs">
  /** Notes on a secret that its token was used today; called once a day. */
  readonly noteUse: (secret: Secret, labels: Readonly<Record<string, string>>) => void
}

export function createLegacyTokenAuthenticator({
  signingKey,
  reader,
  clock,
  noteUse,
}: LegacyTokenOptions): TokenAuthenticator {
  let key: TokenVerifier | undefined
  return (token) => {
    const read = readToken(token)
    if (read === undefined || read.claims["iss"] !== LEGACY_ISSUER) return undefined
    key ??= tokenVerifier(createPublicKey(signingKey))
    if (!read.isSignedBy([key])) throw unauthorized()
    const claim = (name: string) => {
      const value = read.claims[`${CLAIM}/${name}`]
      return typeof value === "string" ? value : ""
    }
    const [namespace, name, uid] = [claim("namespace"), claim("service-account.name"), claim("service-account.uid")]
    if (read.claims["sub"] !== serviceAccountName(namespace, name)) throw unauthorized()
    const secret = reader.get(Secret, namespace, claim("secret.name"))
    const account = reader.get(ServiceAccount, namespace, name)
    if (secret === undefined || !holds(secret, token)) throw unauthorized()
    if (account?.metadata.uid !== uid || account.metadata.deletionTimestamp !== undefined) throw unauthorized()
    const labels = secret.metadata.labels ?? {}
    const today = dayOf(clock.nowMs())
    // Another server's clock may be ahead.
    if (![today, dayOf(clock.nowMs() + DAY_MS)].includes(labels[LAST_USED] ?? ""))
      noteUse(secret, { [LAST_USED]: today })
    if (labels[INVALID_SINCE]) throw unauthorized()
    return serviceAccountUser(namespace, name, uid)
  }
}

const DAY_MS = 86_400_000
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

function holds({ data, metadata }: Secret, token: string): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  const held = Buffer.from(data?.["token"] ?? "", "base64")
  const given = Buffer.from(token)
  return held.length === given.length && timingSafeEqual(held, given)
}
