import type { Pod } from "../../api/core/v1/pod.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import type { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { ACCOUNT_NAME, ACCOUNT_UID, isAccountToken } from "./plan.ts"

const LAST_USED = "kubernetes.io/legacy-token-last-used"
export const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
/** As Kubernetes' default for --legacy-service-account-token-clean-up-period. */
const UNUSED_MS = 365 * 86_400_000
const DAY_MS = 86_400_000

export interface World {
  readonly secret: Secret
  /** The account that the secret names. */
  readonly account: ServiceAccount | undefined
  readonly pods: readonly Pod[]
  readonly nowMs: number
}

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const isDay = (text = ""): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** Whether uses have been noted for long enough to know what is unused. `since`: the day when that began. */
export const isKnownLongEnough = (since: string | undefined, nowMs: number): boolean =>
  isDay(since) && nowMs >= Date.parse(since ?? "") + DAY_MS + UNUSED_MS

/** What becomes of a token that Kubernetes once made by itself: unused for a year it is refused, a year later it goes. */
export function verdict({ secret, account, pods, nowMs }: World): "keep" | "invalidate" | "delete" {
  const { creationTimestamp, deletionTimestamp, labels = {}, name } = secret.metadata
  if (!isAccountToken(secret) || deletionTimestamp !== undefined) return "keep"
  if (Date.parse(creationTimestamp) >= nowMs - UNUSED_MS) return "keep"
  const since = dayOf(nowMs - UNUSED_MS)
  const lastUsed = labels[LAST_USED]
  if (lastUsed !== undefined && (!isDay(lastUsed) || lastUsed >= since)) return "keep"
  if (!isMadeFor(secret, account) || pods.some((pod) => uses(pod, name))) return "keep"
  const invalidSince = labels[INVALID_SINCE]
  if (invalidSince === undefined || !isDay(invalidSince)) return "invalidate"
  return invalidSince >= since ? "keep" : "delete"
}

/** Accounts list the tokens that were made for them. */
function isMadeFor({ metadata }: Secret, account: ServiceAccount | undefined): boolean {
  const uid = metadata.annotations?.[ACCOUNT_UID]
  if (account === undefined || account.metadata.name !== metadata.annotations?.[ACCOUNT_NAME]) return false
  if (uid !== undefined && uid !== account.metadata.uid) return false
  return (account.secrets ?? []).some(({ name }) => name === metadata.name)
}

/** Every kind of volume and source names secrets by one of these members. */
function uses({ spec }: Pod, name: string): boolean {
  const find = (value: unknown, member: string): boolean => {
    if (typeof value === "string") return member === "secretName" && value === name
    if (typeof value !== "object" || value === null) return false
    const isReference = ["secret", "secretRef", "secretKeyRef", "nodePublishSecretRef", "imagePullSecrets"].includes(
      member,
    )
    if (isReference && "name" in value && value.name === name) return true
    return Object.entries(value).some(([key, child]) => find(child, Array.isArray(value) ? member : key))
  }
  return find(spec, "")
}
