import { badRequest, conflict } from "../../machinery/status/errors.ts"
import type { ApiResult } from "../call.ts"
import type { DraftObject } from "./draft.ts"
import { appliedObject } from "./managed-fields.ts"
import type { Patch } from "./patch.ts"
import type { WriteOptions } from "./request-options.ts"
import { groupResource, type Scope } from "./scope.ts"
import { checkName, updateObject } from "./update.ts"

/** Server-side apply: `PATCH` with a whole configuration. Creates the object when it is missing. */
export async function handleApply(scope: Scope, patch: Patch, options: WriteOptions): Promise<ApiResult> {
  const { resource, subresource } = scope
  reportDuplicates(scope, patch, options)
  const { served, created } = await updateObject(scope, options, {
    createMissing: subresource === "",
    mustExist: subresource !== "",
    tracked: true,
    transform: (old) => {
      const draft = appliedObject(scope, old?.object, patch.parsed.value, options)
      checkName(scope, draft)
      if (old === undefined) checkNewUid(scope, draft)
      return draft
    },
  })
  return { type: "object", code: created ? 201 : 200, resource, served }
}

/** Throws a 400 for members that repeat, or warns, as the client wants it. */
export function reportDuplicates({ call }: Scope, { parsed }: Patch, { fieldValidation }: WriteOptions): void {
  if (parsed.duplicates.length === 0 || fieldValidation === "Ignore") return
  const lines = parsed.duplicates.map((line) => `\n  ${line}`)
  const problem = `error converting YAML to JSON: yaml: unmarshal errors:${lines.join("")}`
  if (fieldValidation === "Strict") throw badRequest(`error strict decoding YAML: ${problem}`)
  call.warn(problem)
}

/** A configuration that names an object which is gone must not create another one. */
function checkNewUid({ resource, name }: Scope, { metadata }: DraftObject): void {
  if (!metadata.uid) return
  const why = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`
  throw conflict(groupResource(resource), name, why)
}
