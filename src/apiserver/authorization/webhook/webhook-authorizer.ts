import { isObject } from "../../../machinery/patch/structure.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../../call.ts"
import { WebhookCallError } from "../../webhook/call-error.ts"
import { callWithBackoff } from "../../webhook/call-with-backoff.ts"
import { ExpiringCache } from "../../webhook/expiring-cache.ts"
import type { WebhookTarget } from "../../webhook/target.ts"
import type { WebhookClient } from "../../webhook/webhook-client.ts"
import { type AccessSpec, accessSpec, wireSpec } from "./access-spec.ts"
import { type MatchCondition, matchesAll } from "./match-conditions.ts"

/** Asks a webhook who may do what. https://kubernetes.io/docs/reference/access-authn-authz/webhook/ */
export interface WebhookAuthorizerOptions {
  readonly client: Pick<WebhookClient, "post">
  readonly target: () => WebhookTarget
  readonly version: "v1" | "v1beta1"
  /** For one call, retries not counted. */
  readonly timeoutMs: number
  /** How long answers are remembered; 0 for not at all. */
  readonly authorizedMs: number
  readonly unauthorizedMs: number
  /** Whether nobody may pass while the webhook cannot be asked. */
  readonly deniesOnFailure: boolean
  readonly conditions: readonly MatchCondition[]
  readonly platform: Pick<Platform, "clock" | "random" | "log">
}

const CACHE_SIZE_MAX = 8192
/** Questions that are longer, by what users choose freely, are not remembered. */
const REMEMBERED_LENGTH_MAX = 10_000

export function createWebhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { clock, log } = options.platform
  const cache = new ExpiringCache<AuthorizationDecision>(clock, CACHE_SIZE_MAX)
  const failed = (error: unknown): AuthorizationDecision => ({
    allowed: false,
    ...(options.deniesOnFailure && { denied: true }),
    error: messageOf(error),
  })

  async function ask(spec: AccessSpec, key: string, isShort: boolean): Promise<AuthorizationDecision> {
    try {
      const decision = await review(spec, options)
      if (isShort) cache.set(key, decision, decision.allowed ? options.authorizedMs : options.unauthorizedMs)
      return decision
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error
      log.error("Failed to make webhook authorizer request", { error })
      return failed(error)
    }
  }

  return {
    authorize(user: UserInfo, info: RequestInfo) {
      const spec = accessSpec(user, info)
      try {
        if (!matchesAll(options.conditions, spec)) return NO_OPINION
      } catch (error) {
        return failed(error)
      }
      const key = JSON.stringify(spec)
      return cache.get(key) ?? ask(spec, key, lengthOf(info) < REMEMBERED_LENGTH_MAX)
    },
  }
}

const NO_OPINION: AuthorizationDecision = { allowed: false }

function lengthOf({ namespace, verb, group, version, resource, subresource, name, path, isResource }: RequestInfo) {
  if (!isResource) return verb.length + path.length
  return [namespace, verb, group, version, resource, subresource, name].join("").length
}

async function review(spec: AccessSpec, options: WebhookAuthorizerOptions): Promise<AuthorizationDecision> {
  const { client, target, version, timeoutMs, platform } = options
  const question = {
    kind: "SubjectAccessReview",
    apiVersion: `authorization.k8s.io/${version}`,
    metadata: {},
    spec: wireSpec(spec, version),
    status: { allowed: false },
  }
  const answer = await callWithBackoff(() => client.post(target(), question, { timeoutMs }), platform)
  if (!isObject(answer) || answer["kind"] !== question.kind || answer["apiVersion"] !== question.apiVersion) {
    const { kind, apiVersion } = isObject(answer) ? answer : {}
    throw new WebhookCallError(`the webhook answered with kind ${String(kind)} of ${String(apiVersion)}`)
  }
  const { allowed, denied, reason } = isObject(answer["status"]) ? answer["status"] : {}
  const why = typeof reason === "string" && reason !== "" ? { reason } : {}
  if (denied !== true) return { allowed: allowed === true, ...why }
  if (allowed !== true) return { allowed: false, denied: true, ...why }
  const error = "webhook subject access review returned both allow and deny response"
  return { allowed: false, denied: true, ...why, error }
}
