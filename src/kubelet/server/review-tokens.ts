import { TokenReview } from "../../api/authentication/v1/token-review.ts"
import type { Client } from "../../client/client.ts"
import { NewestMap } from "../../machinery/newest-map.ts"
import type { Clock } from "../../platform/clock.ts"
import type { AuthenticateToken, KubeletUser } from "./authentication.ts"

// As the kubelet's `authentication.webhook.cacheTTL`.
const REMEMBERED_MS = 120_000
const REMEMBERED_MAX = 1024

/** Asks the API server who bearer tokens belong to, and remembers good ones for two minutes. */
export function reviewTokens(client: Client, clock: Pick<Clock, "monotonicMs">): AuthenticateToken {
  const remembered = new NewestMap<string, { readonly user: KubeletUser; readonly untilMs: number }>(REMEMBERED_MAX)
  return async (token) => {
    const known = remembered.get(token)
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.user
    remembered.delete(token)
    const { status } = await client.of(TokenReview).create({ spec: { token } })
    if (status.authenticated !== true || !status.user?.username) return undefined
    const { username: name, groups = [], uid, extra } = status.user
    const user: KubeletUser = { name, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) }
    remembered.set(token, { user, untilMs: clock.monotonicMs() + REMEMBERED_MS })
    return user
  }
}
