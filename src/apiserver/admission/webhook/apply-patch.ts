import type { AdmissionResponse } from "../../../api/admission/v1/admission-response.ts"
import { decode } from "../../../machinery/decode/decode.ts"
import { applyDefaults } from "../../../machinery/defaulting/apply-defaults.ts"
import { JsonSyntaxError } from "../../../machinery/json/syntax-error.ts"
import { applyJsonPatch, PatchError, type PatchOperation, parseJsonPatch } from "../../../machinery/patch/json-patch.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { internalError } from "../../../machinery/status/errors.ts"
import { type DraftObject, replaceDraft } from "../../resources/draft.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { CallFailure } from "./outcome.ts"
import type { HookInvocation } from "./should-call.ts"

/**
 * Changes the object of the request as the webhook asks for. What comes out is read like anything that a client sends:
 * unknown fields go, defaults are filled in. Returns whether anything changed. Throws `CallFailure` for a patch that is
 * none, and a 500 when it does not fit.
 */
export async function applyAnswer(
  { hook, form, seen }: HookInvocation,
  request: AdmissionRequest,
  response: AdmissionResponse,
): Promise<boolean> {
  const operations = operationsOf(hook.name, response)
  if (operations.length === 0) return false
  const { object } = request
  if (object === undefined || seen.object === undefined) {
    const what = `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object`
    throw internalError(new Error(`${what}, which is not supported for this operation`))
  }
  if (response.patchType !== "JSONPatch") {
    throw new CallFailure(hook.name, `unsupported patch type ${JSON.stringify(response.patchType)}`, 400)
  }
  const patched = patchedObject(seen.object, operations, request.kind ?? form?.resource ?? request.resource)
  if (deepEqual(seen.object, patched)) return false
  const stored = form === undefined || request.kind !== undefined ? patched : await form.outOf(patched)
  replaceDraft(object, stored as unknown as DraftObject)
  return true
}

function operationsOf(webhook: string, { patch = "" }: AdmissionResponse): readonly PatchOperation[] {
  if (patch === "") return []
  try {
    return parseJsonPatch(Buffer.from(patch, "base64"))
  } catch (error) {
    if (!(error instanceof PatchError || error instanceof JsonSyntaxError)) throw error
    throw new CallFailure(
      webhook,
      `received undecodable patch in webhook response: ${error.message}`,
      503,
      false,
      error,
    )
  }
}

interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly struct: Parameters<typeof applyDefaults>[0]
}

function patchedObject(
  before: KubeObject | DraftObject,
  operations: readonly PatchOperation[],
  { group, version, kind, struct }: Kind,
): KubeObject {
  try {
    const value = applyJsonPatch(before, operations)
    const { object } = decode(struct, { value, duplicates: [] }, "Ignore")
    const draft = object as unknown as DraftObject
    draft.apiVersion = group === "" ? version : `${group}/${version}`
    draft.kind = kind
    applyDefaults(struct, draft as never)
    return draft as unknown as KubeObject
  } catch (error) {
    throw internalError(error)
  }
}
