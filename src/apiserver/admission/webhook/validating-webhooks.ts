import type { StatusError } from "../../../machinery/status/status-error.ts"
import { sentBy } from "../matching/seen.ts"
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts"
import type { HookSource } from "./hooks.ts"
import { type ObservedCalls, observedCall } from "./observed-call.ts"
import { type Candidate, candidates, type HookInvocation, type Matching, shouldCall } from "./should-call.ts"

/** Lets webhooks refuse requests. All of them are asked at once. */
export function validatingWebhooks(source: HookSource, deps: Matching & ObservedCalls): AdmissionPlugin {
  return {
    name: "ValidatingAdmissionWebhook",
    validate: (request) => {
      const hooks = source()
      if (hooks.length === 0) return undefined
      const concerned = candidates(hooks, request, deps)
      return concerned.length === 0 ? undefined : askAll(concerned, request, deps)
    },
  }
}

async function askAll(
  concerned: readonly Candidate[],
  request: AdmissionRequest,
  deps: Matching & ObservedCalls,
): Promise<void> {
  const invocations: HookInvocation[] = []
  for (const candidate of concerned) {
    const invocation = await shouldCall(candidate, request, deps)
    if (invocation !== undefined) invocations.push(invocation)
  }
  if (invocations.length === 0) return
  const sent = sentBy(request, deps.formsOf)
  // In the order in which the answers come; clients are told the first refusal.
  const refusals: StatusError[] = []
  await Promise.all(
    invocations.map(async (invocation, index) => {
      const failedOpen = () => {
        const key = `failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`
        request.annotate?.(key, invocation.hook.name)
      }
      const outcome = await observedCall(invocation, request, sent, deps, undefined, failedOpen)
      if (outcome.type === "refused") refusals.push(outcome.error)
    }),
  )
  const [first] = refusals
  if (first !== undefined) throw first
}
