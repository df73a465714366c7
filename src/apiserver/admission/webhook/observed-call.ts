import type { AdmissionResponse } from "../../../api/admission/v1/admission-response.ts"

import { StatusError } from "../../../machinery/status/status-error.ts"
import type { Clock } from "../../../platform/clock.ts"
import type { Logger } from "../../../platform/log.ts"
import type { Sent } from "../matching/seen.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { callHook, type HookCalls } from "./call-hook.ts"
import type { WebhookMetrics } from "./metrics.ts"
import { CallFailure, Rejection } from "./outcome.ts"
import type { HookInvocation } from "./should-call.ts"

export interface ObservedCalls extends HookCalls {
  readonly clock: Pick<Clock, "monotonicMs">
  readonly log: Logger
  readonly metrics: WebhookMetrics
}

export type Called =
  | { readonly type: "answered"; readonly response: AdmissionResponse }
  | { readonly type: "ignored" }
  | { readonly type: "refused"; readonly error: StatusError }

/**
 * Calls a webhook and decides by its failure policy. `use` does something with the answer that may fail in the same
 * ways. `failedOpen` is told when a failure was ignored.
 */
export async function observedCall(
  { hook, seen }: HookInvocation,
  request: AdmissionRequest,
  sent: Sent,
  calls: ObservedCalls,
  use: (response: AdmissionResponse) => void | Promise<void> = () => undefined,
  failedOpen: () => void = () => undefined,
): Promise<Called> {
  const { metrics, clock, log } = calls
  const startedMs = clock.monotonicMs()
  const observe = (rejected: boolean, code: number) =>
    metrics.called(hook, request.operation, clock.monotonicMs() - startedMs, rejected, code)
  try {
    const response = await callHook(hook, request, sent, seen, calls)
    await use(response)
    observe(false, 200)
    return { type: "answered", response }
  } catch (error) {
    if (error instanceof CallFailure) {
      if (!hook.failsOpen && !error.canceled)
        metrics.refused(hook, request.operation, "calling_webhook_error", error.code)
      observe(!hook.failsOpen, error.code)
      log.warn(`failed calling webhook, failing ${hook.failsOpen ? "open" : "closed"}`, { webhook: hook.name, error })
      if (!hook.failsOpen) return { type: "refused", error: error.toStatusError() }
      if (!error.canceled) {
        metrics.failedOpen(hook)
        failedOpen()
      }
      return { type: "ignored" }
    }
    if (error instanceof Rejection) {
      metrics.refused(hook, request.operation, "no_error", error.status.code)
      observe(true, error.status.code)
      return { type: "refused", error: error.status }
    }
    metrics.refused(hook, request.operation, "apiserver_internal_error", 0)
    observe(true, 0)
    if (error instanceof StatusError) return { type: "refused", error }
    throw error
  }
}
