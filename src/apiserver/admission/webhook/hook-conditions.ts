import type { CelEnvironment } from "../../../machinery/cel/environment.ts"
import { evaluateWithAccess } from "../../../machinery/cel/kubernetes/access.ts"
import { admissionEnvironment } from "../../../machinery/cel/kubernetes/admission-environment.ts"
import { EvaluationTime } from "../../../machinery/cel/kubernetes/evaluation-time.ts"
import type { Clock } from "../../../platform/clock.ts"
import type { Authorizer } from "../../call.ts"
import { type CompiledConditions, compileConditions, evaluateConditions } from "../matching/conditions.ts"
import { accessSession } from "../matching/evaluation.ts"
import { sentBy } from "../matching/seen.ts"
import type { FormsOf } from "../matching/served-kinds.ts"
import { refusal } from "../refusal.ts"
import type { Hook } from "./hooks.ts"
import type { WebhookMetrics } from "./metrics.ts"
import type { HookConditions } from "./should-call.ts"

export interface HookConditionsOptions {
  readonly authorizer: () => Authorizer
  readonly clock: Pick<Clock, "monotonicMs">
  readonly formsOf: FormsOf
  readonly metrics: WebhookMetrics
}

/** The match conditions of webhooks, compiled when they are first needed. */
export function hookConditions({ authorizer, clock, formsOf, metrics }: HookConditionsOptions): HookConditions {
  let environment: CelEnvironment | undefined
  const compiled = new WeakMap<Hook, CompiledConditions>()
  const conditionsOf = (hook: Hook): CompiledConditions => {
    environment ??= admissionEnvironment({ hasAuthorizer: true })
    const conditions = compiled.get(hook) ?? compileConditions(hook.conditions, environment)
    compiled.set(hook, conditions)
    return conditions
  }
  return async (hook, request, seen) => {
    const session = accessSession(authorizer())
    const sent = sentBy(request, formsOf)
    const time = new EvaluationTime(clock)
    const situation = { request, sent, seen, session, time, namespaceObject: undefined, params: undefined }
    const result = await evaluateWithAccess(session, () => evaluateConditions(conditionsOf(hook), situation))
    if ("error" in result) {
      metrics.conditionFailed(hook, request.operation)
      if (hook.failsOpen) return false
      throw refusal(request, result.error)
    }
    if (!result.matches) metrics.excluded(hook, request.operation)
    return result.matches
  }
}
