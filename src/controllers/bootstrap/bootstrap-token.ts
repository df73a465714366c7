import type { Secret } from "../../api/core/v1/secret.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"

/** Tokens by which new machines join. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/ */

export const TOKEN_NAMESPACE = "kube-system"
const TYPE = "bootstrap.kubernetes.io/token"
const NAME = /^bootstrap-token-([a-z0-9]{6})$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

export const isBootstrapToken = ({ metadata, type }: Secret): boolean =>
  metadata.namespace === TOKEN_NAMESPACE && type === TYPE

/** When it ends; infinite when it never does. What is no time has passed. */
export function tokenEndsMs(secret: Secret): number {
  const expiration = valueOf(secret, "expiration")
  if (expiration === "") return Number.POSITIVE_INFINITY
  const endsMs = TIME.test(expiration) ? timeToMs(expiration) : Number.NaN
  return Number.isNaN(endsMs) ? Number.NEGATIVE_INFINITY : endsMs
}

/** Undefined when it is not for signing, not whole, or has ended. */
export function signingToken(
  secret: Secret,
  nowMs: number,
): { readonly id: string; readonly secret: string } | undefined {
  const named = NAME.exec(secret.metadata.name)?.[1]
  const [id, key] = [valueOf(secret, "token-id"), valueOf(secret, "token-secret")]
  if (named === undefined || id !== named || key === "" || tokenEndsMs(secret) <= nowMs) return undefined
  return valueOf(secret, "usage-bootstrap-signing") === "true" ? { id, secret: key } : undefined
}

function valueOf({ data = {} }: Secret, key: string): string {
  return Object.hasOwn(data, key) ? Buffer.from(data[key] ?? "", "base64").toString() : ""
}
