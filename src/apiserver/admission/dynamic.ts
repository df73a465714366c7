import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Authorizer } from "../call.ts"
import type { WebhookClient } from "../webhook/webhook-client.ts"
import type { ServedKinds } from "./matching/served-kinds.ts"
import type { AdmissionPlugin, ObjectReader } from "./plugin.ts"
import { mutatingPolicies } from "./policy/mutating-policies.ts"
import { createMutatingPolicyMetrics, createValidatingPolicyMetrics } from "./policy/policy-metrics.ts"
import { validatingPolicies } from "./policy/validating-policies.ts"
import { hookConditions } from "./webhook/hook-conditions.ts"
import { mutatingHooks, validatingHooks } from "./webhook/hooks.ts"
import { createWebhookMetrics } from "./webhook/metrics.ts"
import { mutatingWebhooks } from "./webhook/mutating-webhooks.ts"
import { validatingWebhooks } from "./webhook/validating-webhooks.ts"

export interface DynamicAdmissionOptions {
  readonly reader: ObjectReader
  readonly kinds: ServedKinds
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly webhooks: WebhookClient
  /** Whom expressions ask. */
  readonly authorizer: () => Authorizer
  readonly metrics: MetricsRegistry
}

/** What users configure: policies and webhooks, in Kubernetes' order. They run after everything built in but quotas. */
export function dynamicAdmission(options: DynamicAdmissionOptions): readonly AdmissionPlugin[] {
  const { reader, kinds, platform, webhooks: client, metrics: registry, authorizer } = options
  const metrics = createWebhookMetrics(registry)
  const shared = { ...kinds, reader, authorizer, clock: platform.clock }
  const conditions = hookConditions({ ...shared, metrics })
  const hooks = { ...shared, ...platform, client, metrics, conditions }
  return [
    mutatingPolicies({ ...shared, metrics: createMutatingPolicyMetrics(registry) }),
    mutatingWebhooks(mutatingHooks(reader), hooks),
    validatingPolicies({ ...shared, metrics: createValidatingPolicyMetrics(registry) }),
    validatingWebhooks(validatingHooks(reader), hooks),
  ]
}
