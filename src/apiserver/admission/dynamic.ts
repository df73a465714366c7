import type { AnyResource } from "../../machinery/schema/resource.ts"
import { internalError } from "../../machinery/status/errors.ts"
import type { Platform } from "../../platform/platform.ts"
import type { MetricsRegistry } from "../metrics/registry.ts"
import { otherForms } from "../resources/other-forms.ts"
import type { WebhookClient } from "../webhook/webhook-client.ts"
import type { FormsOf, ResourceForm } from "./matching/forms.ts"
import type { AdmissionPlugin, ObjectReader } from "./plugin.ts"
import { mutatingHooks, validatingHooks } from "./webhook/hooks.ts"
import { createWebhookMetrics } from "./webhook/metrics.ts"
import { mutatingWebhooks } from "./webhook/mutating-webhooks.ts"
import { validatingWebhooks } from "./webhook/validating-webhooks.ts"

export interface DynamicAdmissionOptions {
  readonly reader: ObjectReader
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly webhooks: WebhookClient
  readonly metrics: MetricsRegistry
}

/** What users configure: policies and webhooks, in Kubernetes' order. They run after everything built in but quotas. */
export function dynamicAdmission(options: DynamicAdmissionOptions): readonly AdmissionPlugin[] {
  const { reader, platform, webhooks: client, metrics } = options
  const deps = {
    ...platform,
    reader,
    client,
    formsOf: builtinForms,
    metrics: createWebhookMetrics(metrics),
    conditions: () => {
      throw internalError("match conditions cannot be evaluated yet")
    },
  }
  return [mutatingWebhooks(mutatingHooks(reader), deps), validatingWebhooks(validatingHooks(reader), deps)]
}

const NONE: readonly ResourceForm[] = []
const formsByStorage = new Map<AnyResource, ResourceForm[]>()
for (const form of otherForms.values()) formsByStorage.getOrInsertComputed(form.storage, () => []).push(form)

const builtinForms: FormsOf = (resource) => formsByStorage.get(resource) ?? NONE
