import type { TokenRequestStatus } from "../../api/authentication/v1/token-request.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ServiceAccountTokenProjection } from "../../api/core/v1/volume-projection.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { VolumeObjects } from "./volumes.ts"

// As the API's default.
const EXPIRATION_SECONDS = 3600
// A token is replaced after 80% of its life, or a day, and each a little earlier than the next.
const REFRESH_BEFORE_END = 0.2
const AGE_MAX_MS = 24 * 3_600_000
const JITTER_MAX_MS = 10_000

/** Service account tokens of running pods, asked for anew before they end. */
export interface PodTokens {
  /**
   * The current token. Rejects when there is none and none can be had. `written`: what an earlier agent may have left
   * for the pod; it serves for as long as it would have served there.
   */
  get(
    pod: Pod,
    projection: ServiceAccountTokenProjection,
    written?: () => string | undefined,
  ): Promise<TokenRequestStatus>
  forget(podUid: string): void
}

interface Held {
  readonly status: TokenRequestStatus
  readonly refreshAtMs: number
  readonly expiresAtMs: number
}

export function createPodTokens(
  platform: Pick<Platform, "clock" | "random" | "log">,
  requestToken: VolumeObjects["requestToken"],
): PodTokens {
  const tokens = new Map<string, Map<string, Held>>()

  const hold = (status: TokenRequestStatus, lifeMs: number): Held => {
    const expiresAtMs = Date.parse(status.expirationTimestamp ?? "")
    const issuedAtMs = expiresAtMs - lifeMs
    const jitterMs = platform.random.float() * JITTER_MAX_MS
    const refreshAtMs = Math.min(issuedAtMs + AGE_MAX_MS, expiresAtMs - lifeMs * REFRESH_BEFORE_END) - jitterMs
    return { status, refreshAtMs, expiresAtMs }
  }

  return {
    async get(pod, projection, written) {
      const { name, namespace, uid } = pod.metadata
      const { audience = "", expirationSeconds = EXPIRATION_SECONDS } = projection
      const ofPod = tokens.get(uid) ?? new Map<string, Held>()
      const key = JSON.stringify([audience, expirationSeconds])
      const lifeMs = expirationSeconds * 1000
      const found = ofPod.has(key) ? undefined : adopted(written?.(), uid, lifeMs)
      if (found !== undefined) tokens.set(uid, ofPod.set(key, hold(found, lifeMs)))
      const held = ofPod.get(key)
      const nowMs = platform.clock.nowMs()
      if (held !== undefined && nowMs < held.refreshAtMs) return held.status
      const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid }
      const audiences = audience === "" ? [] : [audience]
      const spec = { audiences, expirationSeconds, boundObjectRef }
      try {
        const fresh = await requestToken(namespace, pod.spec.serviceAccountName || "default", spec)
        tokens.set(uid, ofPod.set(key, hold(fresh, lifeMs)))
        return fresh
      } catch (error) {
        if (held === undefined) throw new Error(`failed to fetch token: ${messageOf(error)}`, { cause: error })
        if (nowMs > held.expiresAtMs) {
          throw new Error(`token ${key} expired and refresh failed: ${messageOf(error)}`, { cause: error })
        }
        platform.log.warn("service account token was not renewed", { pod: name, error })
        return held.status
      }
    },
    forget(podUid) {
      tokens.delete(podUid)
    },
  }
}

/** A token of the pod itself. Only its times are read here: whoever it is shown to checks it. */
function adopted(token: string | undefined, podUid: string, lifeMs: number): TokenRequestStatus | undefined {
  if (token === undefined) return undefined
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      readonly exp?: number
      readonly iat?: number
      readonly "kubernetes.io"?: { readonly pod?: { readonly uid?: string } }
    }
    if (claims.iat === undefined || claims["kubernetes.io"]?.pod?.uid !== podUid) return undefined
    // It may be valid for longer than was asked for, so that old clients go on, and for less when the server allows no more.
    const endsAtMs = Math.min(claims.iat * 1000 + lifeMs, (claims.exp ?? Number.POSITIVE_INFINITY) * 1000)
    return { token, expirationTimestamp: new Date(endsAtMs).toISOString() }
  } catch {
    // Not what we wrote: a new one takes its place.
    return undefined
  }
}
