import { timeout } from "../../../machinery/status/errors.ts"
import { type Reinvocation, reinvocations } from "../matching/reinvocation.ts"
import { sentBy } from "../matching/seen.ts"
import type { AdmissionPlugin, AdmissionRequest, MutationRound } from "../plugin.ts"
import { applyAnswer } from "./apply-patch.ts"
import type { HookSource } from "./hooks.ts"
import { type ObservedCalls, observedCall } from "./observed-call.ts"
import { type Candidate, candidates, type Matching, shouldCall } from "./should-call.ts"

/** Lets webhooks change objects, one after the other. */
export function mutatingWebhooks(source: HookSource, deps: Matching & ObservedCalls): AdmissionPlugin {
  const reinvocationOf = reinvocations()
  return {
    name: "MutatingAdmissionWebhook",
    mutate: (request, round) => {
      const hooks = source()
      if (hooks.length === 0) return undefined
      const concerned = candidates(hooks, request, deps)
      return concerned.length === 0 ? undefined : callAll(concerned, request, round, reinvocationOf(request), deps)
    },
  }
}

async function callAll(
  concerned: readonly Candidate[],
  request: AdmissionRequest,
  round: MutationRound,
  reinvocation: Reinvocation,
  deps: Matching & ObservedCalls,
): Promise<void> {
  reinvocation.begin(round, request.object)
  let sent: ReturnType<typeof sentBy> | undefined
  for (const candidate of concerned) {
    const { hook, index } = candidate
    const invocation = await shouldCall(candidate, request, deps)
    if (invocation === undefined || !reinvocation.isDue(round, hook.id)) continue
    const place = `round_${round.isSecond ? 1 : 0}_index_${index}`
    const { configuration, name: webhook } = hook
    let mutated = false
    const outcome = await observedCall(
      invocation,
      request,
      (sent ??= sentBy(request, deps.formsOf)),
      deps,
      async (response) => {
        mutated = await applyAnswer(invocation, request, response)
      },
      () => request.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${place}`, webhook),
    )
    request.annotate?.(
      `mutation.webhook.admission.k8s.io/${place}`,
      JSON.stringify({ configuration, webhook, mutated }),
    )
    if (mutated) {
      reinvocation.changed()
      round.secondNeeded = true
    }
    if (hook.reinvoked) reinvocation.ran(hook.id)
    if (outcome.type === "refused") throw outcome.error
    if (outcome.type === "ignored" && request.signal?.().aborted) {
      throw timeout("request did not complete within requested timeout")
    }
  }
  reinvocation.end(request.object)
}
