import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { ApiResult } from "../call.ts"
import { reportDuplicates } from "./apply.ts"
import { type DraftObject, toDraft } from "./draft.ts"
import { appliedObject } from "./managed-fields.ts"
import { readBody } from "./object-machinery.ts"
import { patchObject, readPatch } from "./patch.ts"
import { handleGet } from "./read.ts"
import { writeOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"
import { checkName, updateObject } from "./update.ts"

/** Takes from what was sent the part that a subresource is about. `sent` may be used up. Throws `StatusError`. */
export type TakePart = (scope: Scope, old: KubeObject, sent: DraftObject) => DraftObject

/** A subresource that shows the whole object but changes one part of it: GET, PUT and PATCH. */
export function partialUpdate(take: TakePart): ReadonlyMap<string, (scope: Scope) => Promise<ApiResult>> {
  const change = async (scope: Scope): Promise<ApiResult> => {
    const { call, resource } = scope
    const isPatch = call.info.verb === "patch"
    const patch = isPatch ? readPatch(scope) : undefined
    const isApply = patch?.type === "apply"
    const options = writeOptions(call, isPatch ? "PatchOptions" : "UpdateOptions", isApply)
    const { fieldValidation } = options
    if (patch !== undefined && isApply) reportDuplicates(scope, patch, options)
    const sent = isPatch ? undefined : readBody(call.body, { resource, fieldValidation, warn: call.warn })
    if (sent !== undefined) checkName(scope, sent)
    const { served } = await updateObject(scope, options, {
      mustExist: true,
      uid: sent?.metadata.uid,
      tracked: isApply,
      transform: (old) => {
        const before = (old as NonNullable<typeof old>).object
        if (sent !== undefined) return take(scope, before, toDraft(sent))
        const given = patch as NonNullable<typeof patch>
        const patched = isApply
          ? appliedObject(scope, before, given.parsed.value, options)
          : patchObject(resource, before, given, options, call.warn)
        checkName(scope, patched)
        const { managedFields } = patched.metadata
        const draft = take(scope, before, patched)
        if (managedFields === undefined) delete draft.metadata.managedFields
        else draft.metadata.managedFields = managedFields
        return draft
      },
    })
    return { type: "object", code: 200, resource, served }
  }
  return new Map([
    ["get", handleGet],
    ["update", change],
    ["patch", change],
  ])
}
