import { timingSafeEqual } from "node:crypto"
import {
  isBootstrapToken,
  TOKEN_NAMESPACE,
  tokenEndsMs,
  tokenSecretName,
  tokenValue,
} from "../../api/core/v1/bootstrap-token.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { TokenAuthenticator } from "./authenticator.ts"

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const DEFAULT_GROUP = "system:bootstrappers"
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** Lets new machines ask for certificates by bootstrap tokens. */
export function createBootstrapTokenAuthenticator(
  reader: Pick<ObjectReader, "get">,
  clock: Pick<Clock, "nowMs">,
): TokenAuthenticator {
  return (token) => {
    const [, id = "", secret = ""] = TOKEN.exec(token) ?? []
    const kept = id === "" ? undefined : reader.get(Secret, TOKEN_NAMESPACE, tokenSecretName(id))
    if (kept === undefined || kept.metadata.deletionTimestamp !== undefined || !isBootstrapToken(kept)) return undefined
    const value = (key: string): string => tokenValue(kept, key)
    if (!isSame(value("token-secret"), secret) || value("token-id") !== id) return undefined
    if (value("usage-bootstrap-authentication") !== "true" || tokenEndsMs(kept) <= clock.nowMs()) return undefined
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

/** Undefined when one of them is not for such users. */
function groupsOf(text: string): readonly string[] | undefined {
  const extra = text === "" ? [] : text.split(",")
  if (!extra.every((group) => GROUP.test(group))) return undefined
  return [...new Set([DEFAULT_GROUP, ...extra])].sort()
}
