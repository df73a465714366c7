import { deepEqual } from "../../../machinery/patch/structure.ts"
import { timeout } from "../../../machinery/status/errors.ts"
import { type DraftObject, toDraft } from "../../resources/draft.ts"
import { isExempt } from "../matching/exempt.ts"
import type { AdmissionPlugin, AdmissionRequest, MutationRound } from "../plugin.ts"
import { applyAnswer } from "./apply-patch.ts"
import type { Hook, HookSource } from "./hooks.ts"
import { type ObservedCalls, observedCall } from "./observed-call.ts"
import { type Matching, sentBy, shouldCall } from "./should-call.ts"

/** What the webhooks have done about one request so far. */
interface Progress {
  /** Webhooks that were called before something else changed the object, and want to see it again. */
  readonly again: Set<string>
  /** Webhooks that were called since the last change, and would want to see another. */
  readonly called: Set<string>
  /** The object as the webhooks left it. */
  left: DraftObject | undefined
}

/** Lets webhooks change objects, one after the other. */
export function mutatingWebhooks(source: HookSource, deps: Matching & ObservedCalls): AdmissionPlugin {
  const progress = new WeakMap<AdmissionRequest, Progress>()
  return {
    name: "MutatingAdmissionWebhook",
    mutate: (request, round) => {
      const hooks = source()
      if (hooks.length === 0 || isExempt(request)) return undefined
      const own = progress.get(request) ?? { again: new Set(), called: new Set(), left: undefined }
      progress.set(request, own)
      return callAll(hooks, request, round, own, deps)
    },
  }
}

async function callAll(
  hooks: readonly Hook[],
  request: AdmissionRequest,
  round: MutationRound,
  progress: Progress,
  deps: Matching & ObservedCalls,
): Promise<void> {
  const { again, called } = progress
  if (round.isSecond && !deepEqual(progress.left, request.object)) recall(progress)
  let sent: ReturnType<typeof sentBy> | undefined
  for (const [index, hook] of hooks.entries()) {
    const invocation = await shouldCall(hook, request, deps)
    if (invocation === undefined || (round.isSecond && !again.has(hook.id))) continue
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
      recall(progress)
      round.secondNeeded = true
    }
    if (hook.reinvoked) called.add(hook.id)
    if (outcome.type === "refused") throw outcome.error
    if (outcome.type === "ignored" && request.signal?.aborted) {
      throw timeout("request did not complete within requested timeout")
    }
  }
  if (round.secondNeeded) progress.left = request.object && toDraft(request.object)
}

function recall({ again, called }: Progress): void {
  for (const id of called) again.add(id)
  called.clear()
}
