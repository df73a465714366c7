import type { MetricsRegistry } from "../../../platform/metrics-registry.ts"
import type { Hook } from "./hooks.ts"

/** What is counted about webhooks; names and labels are those of kube-apiserver. */
export interface WebhookMetrics {
  called(hook: Hook, operation: string, durationMs: number, rejected: boolean, code: number): void
  refused(hook: Hook, operation: string, error: RefusalError, code: number): void
  failedOpen(hook: Hook): void
  excluded(hook: Hook, operation: string): void
  conditionFailed(hook: Hook, operation: string): void
}

export type RefusalError = "calling_webhook_error" | "apiserver_internal_error" | "no_error"

const DURATION_BOUNDS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]
/** Webhooks choose their codes; there must not be a label for each. */
const CODE_MAX = 600

export function createWebhookMetrics(registry: MetricsRegistry): WebhookMetrics {
  const prefix = "apiserver_admission"
  const duration = registry.histogram(
    `${prefix}_webhook_admission_duration_seconds`,
    "How long admission webhooks took, in seconds.",
    DURATION_BOUNDS_SECONDS,
  )
  const requests = registry.counter(`${prefix}_webhook_request_total`, "Calls of admission webhooks.")
  const rejections = registry.counter(`${prefix}_webhook_rejection_count`, "Requests that admission webhooks refused.")
  const open = registry.counter(
    `${prefix}_webhook_fail_open_count`,
    "Failed calls of admission webhooks that were ignored.",
  )
  const exclusions = registry.counter(
    `${prefix}_match_condition_exclusions_total`,
    "Requests that match conditions kept from a webhook or policy.",
  )
  const failures = registry.counter(
    `${prefix}_match_condition_evaluation_errors_total`,
    "Match conditions that could not be evaluated.",
  )
  const text = (code: number) => String(Math.min(code, CODE_MAX))
  return {
    called({ name, type }, operation, durationMs, rejected, code) {
      duration.observe(durationMs / 1000, { name, type, operation, rejected: String(rejected) })
      requests.add(1, { name, type, operation, code: text(code), rejected: String(rejected) })
    },
    refused({ name, type }, operation, error, code) {
      rejections.add(1, { name, type, operation, error_type: error, rejection_code: text(code) })
    },
    failedOpen: ({ name, type }) => open.add(1, { name, type }),
    excluded: ({ name, type }, operation) => exclusions.add(1, { name, kind: "webhook", type, operation }),
    conditionFailed: ({ name, type }, operation) => failures.add(1, { name, kind: "webhook", type, operation }),
  }
}
