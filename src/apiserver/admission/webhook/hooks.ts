import type { MatchCondition, RuleWithOperations } from "../../../api/admissionregistration/v1/match-resources.ts"
import {
  type MutatingWebhook,
  MutatingWebhookConfiguration,
} from "../../../api/admissionregistration/v1/mutating-webhook-configuration.ts"
import {
  type ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../../../api/admissionregistration/v1/validating-webhook-configuration.ts"
import { compareKeys } from "../../../machinery/json/key-order.ts"
import { compileLabelSelector, type LabelSelector } from "../../../machinery/selectors/label-selector.ts"
import type { WebhookTarget } from "../../webhook/target.ts"
import type { ObjectReader } from "../plugin.ts"

/** One webhook of one configuration, prepared for requests. */
export interface Hook {
  /** Tells it from all others, also from those of the same name in the same configuration. */
  readonly id: string
  readonly name: string
  readonly configuration: string
  /** As metrics and errors name the two kinds. */
  readonly type: "admit" | "validating"
  readonly rules: readonly RuleWithOperations[]
  readonly isExact: boolean
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
  readonly conditions: readonly MatchCondition[]
  /** A failing call does not refuse the request. */
  readonly failsOpen: boolean
  readonly reinvoked: boolean
  readonly sideEffects: string
  readonly timeoutMs: number
  readonly reviewVersions: readonly string[]
  readonly target: WebhookTarget
}

/** Current webhooks in the order in which they are called: by configuration, then as they stand in it. */
export type HookSource = () => readonly Hook[]

const NONE: readonly Hook[] = []
const TIMEOUT_DEFAULT_SECONDS = 10

export function mutatingHooks(reader: ObjectReader): HookSource {
  return hooksOf(reader, MutatingWebhookConfiguration, "admit")
}

export function validatingHooks(reader: ObjectReader): HookSource {
  return hooksOf(reader, ValidatingWebhookConfiguration, "validating")
}

function hooksOf(
  reader: ObjectReader,
  resource: typeof MutatingWebhookConfiguration | typeof ValidatingWebhookConfiguration,
  type: Hook["type"],
): HookSource {
  let made: { readonly revision: number; readonly hooks: readonly Hook[] } | undefined
  return () => {
    if (reader.count(resource) === 0) return NONE
    const revision = reader.changedRevision(resource)
    if (made?.revision !== revision) {
      const configurations = reader.list(resource, "").toSorted((a, b) => compareKeys(a.metadata.name, b.metadata.name))
      const hooks = configurations.flatMap(({ metadata: { name }, webhooks = [] }) =>
        webhooks.map((webhook: MutatingWebhook | ValidatingWebhook, at) => prepare(webhook, type, name, at)),
      )
      made = { revision, hooks }
    }
    return made.hooks
  }
}

function prepare(
  webhook: MutatingWebhook | ValidatingWebhook,
  type: Hook["type"],
  configuration: string,
  at: number,
): Hook {
  const { url, service, caBundle } = webhook.clientConfig
  return {
    id: `${configuration}/${webhook.name}/${at}`,
    name: webhook.name,
    configuration,
    type,
    rules: webhook.rules ?? [],
    isExact: webhook.matchPolicy === "Exact",
    namespaceSelector: compileLabelSelector(webhook.namespaceSelector ?? {}),
    objectSelector: compileLabelSelector(webhook.objectSelector ?? {}),
    conditions: webhook.matchConditions ?? [],
    failsOpen: webhook.failurePolicy === "Ignore",
    reinvoked: "reinvocationPolicy" in webhook && webhook.reinvocationPolicy === "IfNeeded",
    sideEffects: webhook.sideEffects ?? "",
    timeoutMs: (webhook.timeoutSeconds ?? TIMEOUT_DEFAULT_SECONDS) * 1000,
    reviewVersions: webhook.admissionReviewVersions ?? [],
    target: { url, service, caBundle },
  }
}
