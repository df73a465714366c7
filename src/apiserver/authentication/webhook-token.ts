import { createHmac } from "node:crypto"
import { isObject, type JsonObject } from "../../machinery/patch/structure.ts"
import { unauthorized } from "../../machinery/status/errors.ts"
import type { Platform } from "../../platform/platform.ts"
import type { UserInfo } from "../call.ts"
import { WebhookCallError } from "../webhook/call-error.ts"
import { callWithBackoff } from "../webhook/call-with-backoff.ts"
import { ExpiringCache } from "../webhook/expiring-cache.ts"
import type { WebhookTarget } from "../webhook/target.ts"
import type { WebhookClient } from "../webhook/webhook-client.ts"
import { withAuthenticated } from "./authenticated-group.ts"
import type { TokenAuthenticator } from "./authenticator.ts"

/** Asks a webhook whose token it is. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication */
export interface WebhookTokenOptions {
  readonly client: Pick<WebhookClient, "post">
  /** Asked for each call, since credentials change. */
  readonly target: () => WebhookTarget
  readonly version: "v1" | "v1beta1"
  /** Whom tokens must be for. */
  readonly audiences: readonly string[]
  /** How long answers are remembered, yes and no alike; 0 for not at all. */
  readonly cacheMs: number
  readonly platform: Pick<Platform, "clock" | "random" | "log">
}

/** For one call, retries not counted; the figure is Kubernetes'. */
const TIMEOUT_MS = 30_000
const CACHE_SIZE_MAX = 32_768
const KEY_BYTES = 32

export function createWebhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  const { clock, random, log } = options.platform
  const secret = random.bytes(KEY_BYTES)
  const cache = new ExpiringCache<{ readonly user: UserInfo | undefined }>(clock, CACHE_SIZE_MAX)
  // Those who come with the same token while it is asked about share the answer.
  const asked = new Map<string, Promise<UserInfo | undefined>>()

  async function ask(token: string, key: string): Promise<UserInfo | undefined> {
    const status = await review(token, options)
    const user = userOf(status, options.audiences)
    // An answer that tells of an error is none to be kept.
    if (user !== undefined || !status["error"]) cache.set(key, { user }, options.cacheMs)
    if (user === undefined && status["error"]) log.debug("the token webhook refused", { error: status["error"] })
    return user
  }

  return async (token) => {
    // Tokens themselves are not kept.
    const key = createHmac("sha256", secret).update(token).digest("base64")
    const known = cache.get(key)
    if (known !== undefined) return known.user
    const running = asked.get(key) ?? ask(token, key).finally(() => asked.delete(key))
    asked.set(key, running)
    try {
      return await running
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error
      log.error("Failed to make webhook authenticator request", { error })
      throw unauthorized()
    }
  }
}

async function review(token: string, options: WebhookTokenOptions): Promise<JsonObject> {
  const { client, target, version, audiences, platform } = options
  const question = {
    kind: "TokenReview",
    apiVersion: `authentication.k8s.io/${version}`,
    metadata: {},
    spec: { token, ...(audiences.length > 0 && { audiences }) },
    status: { user: {} },
  }
  const answer = await callWithBackoff(() => client.post(target(), question, { timeoutMs: TIMEOUT_MS }), platform)
  if (!isObject(answer) || answer["kind"] !== "TokenReview" || answer["apiVersion"] !== question.apiVersion) {
    const { kind, apiVersion } = isObject(answer) ? answer : {}
    throw new WebhookCallError(`the webhook answered with kind ${String(kind)} of ${String(apiVersion)}`)
  }
  return isObject(answer["status"]) ? answer["status"] : {}
}

/** Undefined when the token is not known, or not for this server. */
function userOf(status: JsonObject, audiences: readonly string[]): UserInfo | undefined {
  const given = texts(status["audiences"])
  if (given.length > 0 && !given.some((audience) => audiences.includes(audience))) return undefined
  if (status["authenticated"] !== true) return undefined
  const user = isObject(status["user"]) ? status["user"] : {}
  const { username, uid, extra } = user
  return withAuthenticated({
    name: typeof username === "string" ? username : "",
    groups: texts(user["groups"]),
    extra: new Map(isObject(extra) ? Object.entries(extra).map(([key, values]) => [key, texts(values)] as const) : []),
    ...(typeof uid === "string" && uid !== "" && { uid }),
  })
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : []
