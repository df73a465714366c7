import type { TokenRequestSpec, TokenRequestStatus } from "../../api/authentication/v1/token-request.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ServiceAccountTokenProjection } from "../../api/core/v1/volume-projection.ts"
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
  /** The current token. Rejects when there is none and none can be had. */
  get(pod: Pod, projection: ServiceAccountTokenProjection): Promise<TokenRequestStatus>
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

  const request = async (pod: Pod, spec: TokenRequestSpec): Promise<Held> => {
    const status = await requestToken(pod.metadata.namespace, pod.spec.serviceAccountName || "default", spec)
    const expiresAtMs = Date.parse(status.expirationTimestamp ?? "")
    const lifeMs = (spec.expirationSeconds ?? EXPIRATION_SECONDS) * 1000
    const issuedAtMs = expiresAtMs - lifeMs
    const jitterMs = platform.random.float() * JITTER_MAX_MS
    const refreshAtMs = Math.min(issuedAtMs + AGE_MAX_MS, expiresAtMs - lifeMs * REFRESH_BEFORE_END) - jitterMs
    return { status, refreshAtMs, expiresAtMs }
  }

  return {
    async get(pod, projection) {
      const { name, uid } = pod.metadata
      const { audience = "", expirationSeconds = EXPIRATION_SECONDS } = projection
      const ofPod = tokens.get(uid) ?? new Map<string, Held>()
      const key = JSON.stringify([audience, expirationSeconds])
      const held = ofPod.get(key)
      const nowMs = platform.clock.nowMs()
      if (held !== undefined && nowMs < held.refreshAtMs) return held.status
      const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid }
      const audiences = audience === "" ? [] : [audience]
      try {
        const fresh = await request(pod, { audiences, expirationSeconds, boundObjectRef })
        tokens.set(uid, ofPod.set(key, fresh))
        return fresh.status
      } catch (error) {
        if (held === undefined) throw new Error(`failed to fetch token: ${textOf(error)}`, { cause: error })
        if (nowMs > held.expiresAtMs) {
          throw new Error(`token ${key} expired and refresh failed: ${textOf(error)}`, { cause: error })
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

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
