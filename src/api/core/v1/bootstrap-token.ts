import { parseInstant } from "../../../machinery/time/timestamp.ts"
import type { Secret } from "./secret.ts"

/**
 * Tokens by which new machines join: `ID.SECRET`, kept in Secrets of one namespace.
 * https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */

export const TOKEN_NAMESPACE = "kube-system"
const TYPE = "bootstrap.kubernetes.io/token"
const NAME = /^bootstrap-token-([a-z0-9]{6})$/

export const tokenSecretName = (id: string): string => `bootstrap-token-${id}`

export const isBootstrapToken = ({ metadata, type }: Secret): boolean =>
  metadata.namespace === TOKEN_NAMESPACE && type === TYPE

/** When it ends; infinite when it never does. What is no time has passed. */
export function tokenEndsMs(secret: Secret): number {
  const expiration = tokenValue(secret, "expiration")
  if (expiration === "") return Number.POSITIVE_INFINITY
  const ends = parseInstant(expiration)
  return ends === undefined ? Number.NEGATIVE_INFINITY : ends.seconds * 1000 + ends.nanos / 1e6
}

/** Undefined when it is not for signing, not whole, or has ended. */
export function signingToken(
  secret: Secret,
  nowMs: number,
): { readonly id: string; readonly secret: string } | undefined {
  const named = NAME.exec(secret.metadata.name)?.[1]
  const [id, key] = [tokenValue(secret, "token-id"), tokenValue(secret, "token-secret")]
  if (named === undefined || id !== named || key === "" || tokenEndsMs(secret) <= nowMs) return undefined
  return tokenValue(secret, "usage-bootstrap-signing") === "true" ? { id, secret: key } : undefined
}

/** Empty when the secret does not say. */
export function tokenValue({ data = {} }: Secret, key: string): string {
  return Object.hasOwn(data, key) ? Buffer.from(data[key] ?? "", "base64").toString() : ""
}
