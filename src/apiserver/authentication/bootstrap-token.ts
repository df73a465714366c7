import { timingSafeEqual } from "node:crypto"
import { Secret } from "../../api/core/v1/secret.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { TokenAuthenticator } from "./authenticator.ts"

/**
 * Tokens by which new machines ask for certificates: `ID.SECRET`, kept in Secrets of the namespace kube-system.
 * https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */

const NAMESPACE = "kube-system"
const TYPE = "bootstrap.kubernetes.io/token"
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const DEFAULT_GROUP = "system:bootstrappers"
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export function createBootstrapTokenAuthenticator(
  reader: Pick<ObjectReader, "get">,
  clock: Pick<Clock, "nowMs">,
): TokenAuthenticator {
  return (token) => {
    const [, id = "", secret = ""] = TOKEN.exec(token) ?? []
    const kept = id === "" ? undefined : reader.get(Secret, NAMESPACE, `bootstrap-token-${id}`)
    if (kept === undefined || kept.metadata.deletionTimestamp !== undefined || kept.type !== TYPE) return undefined
    const data = new Map(Object.entries(kept.data ?? {}))
    const value = (key: string): string => Buffer.from(data.get(key) ?? "", "base64").toString()
    if (!isSame(value("token-secret"), secret) || value("token-id") !== id) return undefined
    if (value("usage-bootstrap-authentication") !== "true" || hasExpired(value("expiration"), clock)) return undefined
    const groups = groupsOf(value("auth-extra-groups"))
    if (groups === undefined) return undefined
    return { name: `system:bootstrap:${id}`, groups: [...groups, "system:authenticated"], extra: new Map() }
  }
}

/** Takes as long whatever is right about it. */
function isSame(kept: string, sent: string): boolean {
  const [left, right] = [Buffer.from(kept), Buffer.from(sent)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** What is no time counts as one that has passed. */
function hasExpired(expiration: string, clock: Pick<Clock, "nowMs">): boolean {
  if (expiration === "") return false
  const endsMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(expiration)
    ? timeToMs(expiration)
    : NaN
  return !(endsMs > clock.nowMs())
}

/** Undefined when one of them is not for such users. */
function groupsOf(text: string): readonly string[] | undefined {
  const extra = text === "" ? [] : text.split(",")
  if (!extra.every((group) => GROUP.test(group))) return undefined
  return [...new Set([DEFAULT_GROUP, ...extra])].sort()
}
