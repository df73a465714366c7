import type { AdmissionResponse } from "../../../api/admission/v1/admission-response.ts"
import { DecodeError } from "../../../machinery/decode/decode.ts"
import type { Random } from "../../../platform/random.ts"
import { WebhookCallError } from "../../webhook/call-error.ts"
import type { WebhookClient } from "../../webhook/webhook-client.ts"
import type { Seen, Sent } from "../matching/seen.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { admissionReview, ReviewError, readAnswer, reviewVersion } from "./admission-review.ts"
import type { Hook } from "./hooks.ts"
import { CallFailure, denial, dryRunUnsupported, Rejection } from "./outcome.ts"

export interface HookCalls {
  readonly client: WebhookClient
  readonly random: Pick<Random, "uuid">
}

/**
 * Asks one webhook about a request. Its warnings and audit annotations are passed on. Throws `Rejection` when it says
 * no, `CallFailure` when it cannot be asked, and a `StatusError` when it must not be asked.
 */
export async function callHook(
  hook: Hook,
  request: AdmissionRequest,
  sent: Sent,
  seen: Seen,
  { client, random }: HookCalls,
): Promise<AdmissionResponse> {
  const { name } = hook
  if (request.dryRun && hook.sideEffects !== "None" && hook.sideEffects !== "NoneOnDryRun")
    throw dryRunUnsupported(name)
  const version = reviewVersion(hook.reviewVersions)
  if (version === undefined) {
    const why = "webhook does not accept known AdmissionReview versions (v1, v1beta1)"
    throw new CallFailure(name, `could not create admission objects: ${why}`, 400)
  }
  const uid = random.uuid()
  const review = admissionReview(version, uid, request, sent, seen)
  let value: unknown
  try {
    const signal = request.signal && { signal: request.signal() }
    value = await client.post(hook.target, review, { timeoutMs: hook.timeoutMs, ...signal })
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error
    if (error.isConfiguration)
      throw new CallFailure(name, `could not get REST client: ${error.message}`, 500, false, error)
    const code = error.status?.code ?? 503
    throw new CallFailure(name, `failed to call webhook: ${error.message}`, code, error.canceled, error)
  }
  const response = answerOf(hook, value, version, uid)
  for (const [key, text] of Object.entries(response.auditAnnotations ?? {})) request.annotate?.(`${name}/${key}`, text)
  for (const warning of response.warnings ?? []) request.warn(warning)
  if (!response.allowed) throw new Rejection(denial(name, response.status))
  return response
}

function answerOf({ name, type }: Hook, value: unknown, version: string, uid: string): AdmissionResponse {
  try {
    return readAnswer(value, version, uid, type === "admit")
  } catch (error) {
    if (error instanceof ReviewError) {
      throw new CallFailure(name, `received invalid webhook response: ${error.message}`, 503, false, error)
    }
    if (error instanceof DecodeError) {
      throw new CallFailure(name, `failed to call webhook: ${error.message}`, 503, false, error)
    }
    throw error
  }
}
