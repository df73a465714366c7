import { readFileSync } from "node:fs"
import { aggregateMessages, formatFieldError } from "../../../machinery/field/error.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { durationToMs } from "../../../machinery/time/duration.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { Authorizer } from "../../call.ts"
import { createWebhookClient, type WebhookClient } from "../../webhook/webhook-client.ts"
import { webhookOfKubeconfig } from "../../webhook/webhook-kubeconfig.ts"
import type { AuthorizerChain, BuiltInAuthorizers } from "../chain.ts"
import { createUnionAuthorizer } from "../union.ts"
import {
  type AuthorizationConfiguration,
  parseAuthorizationConfiguration,
  type WebhookConfiguration,
} from "./configuration.ts"
import { compileMatchCondition } from "./match-conditions.ts"
import { nameMismatches, validateConfiguration } from "./validate.ts"
import { createWebhookAuthorizer } from "./webhook-authorizer.ts"

/** The deciders that an AuthorizationConfiguration names, in its order; follows changes of its file. */
export interface ConfiguredAuthorizers extends AuthorizerChain {
  close(): void
}

export interface AuthorizationOptions {
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly userAgent: string
}

/** How often the file is looked at; Kubernetes takes a minute. */
const LOOK_MS = 10_000
const AUTHORIZED_TTL = "5m"
const UNAUTHORIZED_TTL = "30s"

/** Throws when the file cannot be read or is not valid. Later such changes are logged, and what was good stays. */
export function openAuthorizationFile(file: string, options: AuthorizationOptions): ConfiguredAuthorizers {
  const { clock, log } = options.platform
  let text = readFileSync(file, "utf8")
  const first = load(text, [])
  const required = typesOf(first).filter((type) => type !== "Webhook")
  const chain = configuredAuthorizers(first, options)
  let timer = clock.after(LOOK_MS, look)

  function look(): void {
    timer = clock.after(LOOK_MS, look)
    try {
      const now = readFileSync(file, "utf8")
      if (now === text) return
      text = now
      chain.change(load(now, required))
      log.info("the authorization configuration has changed", { file })
    } catch (error) {
      log.error("the authorization configuration cannot be used; the former one stays", { file, error })
    }
  }
  return {
    authorizers: chain.authorizers,
    types: chain.types,
    close() {
      timer.cancel()
      chain.close()
    },
  }
}

function load(text: string, required: readonly string[]): AuthorizationConfiguration {
  let configuration: AuthorizationConfiguration
  try {
    configuration = parseAuthorizationConfiguration(text)
  } catch (error) {
    const why = messageOf(error)
    throw new Error(`failed to load AuthorizationConfiguration from file: ${why}`, { cause: error })
  }
  const errors = validateConfiguration(configuration)
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  const types = typesOf(configuration)
  const missing = required.filter((type) => !types.includes(type)).toSorted()
  const others = [
    ...nameMismatches(configuration),
    ...(missing.length > 0 ? [`missing required types: [${missing.join(" ")}]`] : []),
  ]
  if (others.length > 0) throw new Error(aggregateMessages(others))
  return configuration
}

const typesOf = ({ authorizers = [] }: AuthorizationConfiguration): string[] => authorizers.map(({ type = "" }) => type)

/** Throws when a webhook's kubeconfig cannot be used. */
export function configuredAuthorizers(
  first: AuthorizationConfiguration,
  { platform, userAgent }: AuthorizationOptions,
): ConfiguredAuthorizers & { change(to: AuthorizationConfiguration): void } {
  const resolve = () => {
    throw new Error("webhooks that decide about access are reached by URL")
  }
  const client = createWebhookClient({ clock: platform.clock, resolve, userAgent })
  const make = (configuration: AuthorizationConfiguration) => ({
    types: typesOf(configuration),
    parts: (configuration.authorizers ?? []).map(({ type = "", webhook }) => partOf(type, webhook, client, platform)),
  })
  let current = make(first)
  return {
    authorizers(builtIn) {
      let made: { readonly of: typeof current; readonly union: Authorizer } | undefined
      const union = () => {
        if (made?.of !== current) {
          made = { of: current, union: createUnionAuthorizer(current.parts.map((part) => part(builtIn))) }
        }
        return made.union
      }
      return { authorize: (user, info) => union().authorize(user, info) }
    },
    types: () => current.types,
    change: (to) => {
      current = make(to)
    },
    close: client.close,
  }
}

type Part = (builtIn: BuiltInAuthorizers) => Authorizer

function partOf(
  type: string,
  webhook: WebhookConfiguration | undefined,
  client: WebhookClient,
  platform: AuthorizationOptions["platform"],
): Part {
  switch (type) {
    case "Node":
      return ({ node }) => node
    case "RBAC":
      return ({ rbac }) => rbac
    case "AlwaysAllow":
      return () => ({ authorize: () => ({ allowed: true }) })
    case "AlwaysDeny":
      return () => ({ authorize: () => ({ allowed: false, reason: "Everything is forbidden." }) })
    case "ABAC":
      throw new Error("authorization-mode ABAC's authorization policy file not passed")
    default: {
      if (webhook === undefined) throw new Error(`unknown authorization mode ${type} specified`)
      const authorizer = webhookAuthorizer(webhook, client, platform)
      return () => authorizer
    }
  }
}

/** Throws when the kubeconfig cannot be used. */
function webhookAuthorizer(
  webhook: WebhookConfiguration,
  client: WebhookClient,
  platform: AuthorizationOptions["platform"],
): Authorizer {
  const file = webhook.connectionInfo.kubeConfigFile ?? ""
  const target = webhookOfKubeconfig(file)
  const { cacheAuthorizedRequests = true, cacheUnauthorizedRequests = true } = webhook
  return createWebhookAuthorizer({
    client,
    target: () => target,
    version: webhook.subjectAccessReviewVersion === "v1beta1" ? "v1beta1" : "v1",
    timeoutMs: durationToMs(webhook.timeout ?? ""),
    authorizedMs: cacheAuthorizedRequests ? durationToMs(webhook.authorizedTTL || AUTHORIZED_TTL) : 0,
    unauthorizedMs: cacheUnauthorizedRequests ? durationToMs(webhook.unauthorizedTTL || UNAUTHORIZED_TTL) : 0,
    deniesOnFailure: webhook.failurePolicy === "Deny",
    conditions: (webhook.matchConditions ?? []).map(({ expression = "" }) => compileMatchCondition(expression)),
    platform,
  })
}
